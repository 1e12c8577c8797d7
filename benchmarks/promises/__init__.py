"""Do statements hold as often as they say? Verdicts, advice, forecasts and backtests, where the truth is known."""
