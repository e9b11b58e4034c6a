"""The HTTP API: what applications call, in the wire format that Cronofy's SDKs speak."""
