"""Lesson: ten steps, each a rule, a picture, a prediction, a computed answer and something to do by hand."""
