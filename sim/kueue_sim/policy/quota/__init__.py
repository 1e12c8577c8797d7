"""Quota trees and dominant resource shares: who may use how much."""
