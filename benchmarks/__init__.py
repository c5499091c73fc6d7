"""What the app is measured with beyond `asl bench`: run each as ``python -m benchmarks.NAME``.

first_page, first_visit, pages, train_page, live and visitors measure the running app, all but the
last in a real browser (`browser` starts both); spelling measures the camera page without one, on
videos that `video` makes; training measures training beside other programs, the `contenders`. Each
writes a file in docs/results, from which `asl results` makes a table.
"""
