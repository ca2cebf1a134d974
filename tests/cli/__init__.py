"""Tests of the attn command."""
