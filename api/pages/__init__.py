"""Our pages: templates, one stylesheet, and the headers that keep them safe."""
