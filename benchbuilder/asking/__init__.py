"""What each step asks of models: the requests that are due, made from the warehouse and the settings.

The steps fulfil them; `benchbuilder plan` counts them. Nothing here calls a model or writes.
"""
