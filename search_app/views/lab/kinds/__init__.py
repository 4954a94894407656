"""The members of the family of latent spaces, one module each; see search_app.views.lab.family."""
