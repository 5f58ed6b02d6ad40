"""What an environment needs (`plan`, `boundary`: pure) and how it is made on AWS (`aws`)."""
