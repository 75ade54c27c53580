"""What several test modules share; components here are allowed with GANLAB_ALLOW=support."""
