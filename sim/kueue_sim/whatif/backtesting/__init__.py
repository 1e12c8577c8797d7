"""How far may the simulator be trusted on this cluster? Its recorded past, played again."""
