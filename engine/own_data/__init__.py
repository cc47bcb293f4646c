"""Files of one's own: positions, prices and venues, read at the edge and refused in sentences."""
