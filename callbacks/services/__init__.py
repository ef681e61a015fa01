"""What programs are told: by callback, or when they fetch it; one module per subject."""
