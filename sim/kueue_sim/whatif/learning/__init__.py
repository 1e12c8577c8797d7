"""What a past teaches of the future: the present, run times and arrivals, and futures drawn from them."""
