"""The members of the family of latent spaces, one module each; see search_app.components.lab.latent_spaces.section."""
