"""Make, check, synchronise, pin and update an organisation's platform."""
