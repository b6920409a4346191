"""What is planted to measure the stage: true and false evidence, personal data."""
