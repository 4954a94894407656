"""The latent spaces as the page shows them, one module each; `section` lists them, `view` says what each defines."""
