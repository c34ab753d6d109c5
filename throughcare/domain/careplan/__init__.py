"""The years after an enrollment: a team, one plan that it writes and signs, its meetings, its reviews and its end. Pure."""
