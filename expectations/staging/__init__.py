"""What typed values must look like before anything is computed from them."""
