"""Random worlds and what must hold in each of them."""
