"""What is studied: bag, symmetries, data, networks, designs, records and what follows from them."""
