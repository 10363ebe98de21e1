"""What commands compute by several processes, of this machine or of a cluster."""
