"""What is known of each way out: how it is opened, how fast it goes, whether it works, what its codes mean."""
