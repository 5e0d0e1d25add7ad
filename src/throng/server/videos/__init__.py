"""Uploaded videos: kept in the data folder, measured one after the other in processes of their own."""
