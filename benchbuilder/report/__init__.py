"""The published pages: a static folder that opens from disk, with no network, no server and no tracking.

frames (what the warehouse says) ─► one view per page (words and places) ─► one template per page (HTML and SVG)

A page is a module here, a template of the same name, and a row in `pages.PAGES`. Views compute no statistics: what they
print stands in a mart. Charts are SVG in the templates, placed in percent and coloured by CSS classes, so that they
stretch without shrinking their letters, follow light and dark, and need neither script nor style attribute.
"""

from benchbuilder.report.frames import ReportFrames, ReportOptions, read_frames
from benchbuilder.report.pages import write_report

__all__ = ["ReportFrames", "ReportOptions", "read_frames", "write_report"]
