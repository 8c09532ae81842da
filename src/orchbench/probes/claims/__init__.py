"""The claims, a file each and named after its probe: what is assumed, and what each verdict looks like."""
