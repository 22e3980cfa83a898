"""Accuracy of recognition: the pages, the engines beside ours, and how errors are counted.

docs/accuracy.md says what is measured and by which rule.
"""
