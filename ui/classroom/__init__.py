"""A class that predicts together: what is kept of it, who may do what, and the students' own light page."""
