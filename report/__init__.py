"""What came out: reads a study's rows and writes the report. Never trains, no TensorFlow."""
