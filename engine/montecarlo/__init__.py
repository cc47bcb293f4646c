"""Many paths: running and adding them up, estimates with their errors, importance sampling."""
