"""Documents for people: tables and charts as CSV, JSON, XLSX, DOCX, PDF and Markdown."""
