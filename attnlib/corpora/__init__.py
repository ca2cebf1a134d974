"""Texts that the lessons train on; each module says where its text comes from and its licence."""
