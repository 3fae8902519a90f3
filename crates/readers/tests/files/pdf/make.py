"""Makes the PDFs of this folder and what they must be read as.

Needs reportlab and typst (PyPI) and LibreOffice; run it here: `python3 make.py`. All figures are
invented. NAME.csv holds every cell of NAME.pdf: a line `# title` begins a table, and a text that spans
several cells stands in each of them.
"""

import csv
import random
import subprocess
import sys
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
import typst

HERE = Path(__file__).parent
PROVINCES = [
    "Altamira", "Río Verde", "Costa del Norte", "Valle de las Ánimas y San Telmo", "Sierra Gorda", "Nueva Esperanza",
    "Puerto Príncipe de los Corales", "Ñandubay", "Monte Claro", "Lagunas", "Distrito Capital", "Tierra Adentro",
    "San Bartolomé de la Frontera Occidental", "Bahía Honda", "El Palmar", "Cerro Pelón", "Las Mercedes",
    "Isla Grande e islas menores del Archipiélago", "Quebrada Seca", "Vista Alegre",
]
CRIMES = [
    "Intentional homicide", "Trafficking in persons for sexual exploitation or forced labour", "Kidnapping",
    "Unlawful possession, trafficking or manufacture of firearms", "Robbery", "Acts against computer systems",
    "Money laundering", "Theft of a motorized vehicle", "Environmental offences, with waste and wildlife trafficking",
    "Smuggling of migrants",
]


def spaced(number):
    return f"{number:,}".replace(",", " ")


def truth(name, tables):
    with open(HERE / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for title, rows in tables:
            writer.writerow([f"# {title}"])
            writer.writerows(rows)


def ruled():
    """Several pages, a ruled table with a merged header that is repeated, wrapped names, a total."""
    chance = random.Random(1)
    style = getSampleStyleSheet()["BodyText"]
    style.fontSize, style.leading = 9, 11
    head = [["Province", "2022", "", "2023", ""], ["", "Cases", "Rate", "Cases", "Rate"]]
    rows, sums = [], [0, 0]
    for round_ in range(4):
        for province in PROVINCES:
            name = province if round_ == 0 else f"{province} ({round_ + 1})"
            a, b = chance.randrange(3, 4000), chance.randrange(3, 4000)
            sums[0] += a
            sums[1] += b
            rows.append([name, spaced(a), f"{a / 97:.1f}", spaced(b) if b % 7 else "<5", f"{b / 97:.1f}"])
    total = ["Total", spaced(sums[0]), "12.4", spaced(sums[1]), "13.0"]
    body = [[Paragraph(row[0], style), *row[1:]] for row in rows] + [total]
    table = Table(head + body, colWidths=[45 * mm, 25 * mm, 20 * mm, 25 * mm, 20 * mm], repeatRows=2)
    table.setStyle(TableStyle([
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("ALIGN", (1, 0), (-1, 0), "CENTER"), ("BACKGROUND", (0, 0), (-1, 1), colors.lightgrey),
        ("FONTNAME", (0, -1), (-1, -1), "Helvetica-Bold"), ("FONTSIZE", (0, 0), (-1, -1), 9),
    ]))

    def furniture(canvas, document):
        canvas.setFont("Helvetica", 8)
        canvas.drawString(20 * mm, A4[1] - 12 * mm, "Observatory of Altamira · Annual report")
        canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, f"Page {document.page}")

    styles = getSampleStyleSheet()
    SimpleDocTemplate(str(HERE / "ruled.pdf"), pagesize=A4, topMargin=22 * mm, bottomMargin=20 * mm, invariant=1).build([
        Paragraph("The counts below were reported by the police of each province until the end of March and "
                  "were not corrected since. Rates are per 100,000 inhabitants.", styles["BodyText"]),
        Spacer(1, 8 * mm),
        Paragraph("Table 1. Recorded offences by province", styles["Heading4"]),
        table,
        Spacer(1, 2 * mm),
        Paragraph("Source: invented for a test.", styles["BodyText"]),
    ], onFirstPage=furniture, onLaterPages=furniture)
    merged = [["Province", "2022", "2022", "2023", "2023"], ["Province", "Cases", "Rate", "Cases", "Rate"]]
    truth("ruled", [("Table 1. Recorded offences by province", merged + rows + [total])])


def beside():
    """Two tables side by side without upright rules, wrapped names, a total in each."""
    chance = random.Random(2)
    sides = []
    for word, count, top in (("Province", 14, PROVINCES), ("Offence", 10, CRIMES)):
        names = top[:count]
        numbers = [[chance.randrange(2, 9000), chance.randrange(2, 900)] for _ in names]
        rows = [[name, spaced(a), str(b)] for name, (a, b) in zip(names, numbers)]
        rows.append(["Total", spaced(sum(a for a, _ in numbers)), spaced(sum(b for _, b in numbers))])
        sides.append((word, rows))

    def table(number, title, word, rows):
        cells = "".join(f"[{cell}], " for row in rows for cell in row)
        return (f"""#figure(table(columns: (1fr, auto, auto), align: (left + horizon, right + horizon, right + horizon),
            stroke: none, inset: (x: 4pt, y: 3.5pt), table.hline(), table.header([{word}], [Cases], [Victims]),
            table.hline(), {cells} table.hline()), caption: [{title}])""")

    source = f"""#set page("a4", margin: 2cm, columns: 2, numbering: "1")
#set text(9pt, hyphenate: false)
#set figure(placement: none)
#show figure: set block(breakable: true)
#show figure.where(kind: table): set figure.caption(position: top)
#set figure.caption(separator: [. ])
{table(1, "Cases by province", *sides[0])}
#colbreak()
{table(2, "Cases by offence", *sides[1])}
Note: victims are counted once.
"""
    (HERE / "beside.typ").write_text(source, encoding="utf-8")
    typst.compile(str(HERE / "beside.typ"), output=str(HERE / "beside.pdf"), timestamp=0)
    (HERE / "beside.typ").unlink()
    tables = []
    for number, ((word, rows), title) in enumerate(zip(sides, ("Cases by province", "Cases by offence")), 1):
        tables.append((f"Table {number}. {title}", [[word, "Cases", "Victims"], *rows]))
    truth("beside", tables)


def office(name, source, suffix):
    path = HERE / f"{name}.{suffix}"
    path.write_text(source, encoding="utf-8")
    subprocess.run(["soffice", "--headless", "--infilter=HTML (StarWriter)", "--convert-to", "pdf", "--outdir", str(HERE), str(path)], check=True)
    path.unlink()


def writer():
    """LibreOffice Writer: a ruled table with three levels of header, and one without any rule."""
    chance = random.Random(3)
    rows, plain = [], []
    for crime in CRIMES[:8]:
        numbers = [chance.randrange(0, 5000) for _ in range(4)]
        rows.append([crime, *(str(n) if n > 400 else ".." for n in numbers)])
        plain.append([crime, str(numbers[0]), f"{numbers[1] / 10:.1f}"])
    total = ["Total", "31 022", "28 411", "30 007", "29 314"]
    cells = "".join("<tr>" + "".join(f"<td{'' if i == 0 else ' align=right'}>{c}</td>" for i, c in enumerate(row)) + "</tr>"
                    for row in rows + [total])
    open_cells = "".join("<tr>" + "".join(f"<td{'' if i == 0 else ' align=right'}>{c}</td>" for i, c in enumerate(row)) + "</tr>"
                         for row in plain)
    source = f"""<html><head><meta charset="utf-8"></head><body><p>Cuadro 1. Víctimas por sexo y año</p>
<table border=1 cellspacing=0 cellpadding=1 width=560><tr><th rowspan=3 width=200>Delito</th><th colspan=4>Víctimas</th></tr>
<tr><th colspan=2>2022</th><th colspan=2>2023</th></tr>
<tr><th>Mujeres</th><th>Hombres</th><th>Mujeres</th><th>Hombres</th></tr>{cells}</table>
<p>Fuente: datos inventados.</p><p>&nbsp;</p><p>Cuadro 2. Casos y tasa</p>
<table border=0 cellspacing=0 cellpadding=3 width=560><tr><td width=260>Delito</td><td align=right>Casos</td><td align=right>Tasa</td></tr>
{open_cells}</table></body></html>"""
    office("writer", source, "html")
    head = [["Delito", *["Víctimas"] * 4], ["Delito", "2022", "2022", "2023", "2023"],
            ["Delito", "Mujeres", "Hombres", "Mujeres", "Hombres"]]
    truth("writer", [("Cuadro 1. Víctimas por sexo y año", head + rows + [total]),
                     ("Cuadro 2. Casos y tasa", [["Delito", "Casos", "Tasa"], *plain])])


def turned():
    """A landscape page without upright rules, spanning texts over pairs of columns, footnote marks."""
    chance = random.Random(4)
    styles = getSampleStyleSheet()
    years = ["2020", "2021", "2022", "2023"]
    head = [["", *[cell for year in years for cell in (year, "")]], ["Province", *["Count", "Rate"] * 4]]
    rows = []
    for province in PROVINCES[:16]:
        row = [province]
        for _ in years:
            number = chance.randrange(2, 3000)
            row += [f"{number:,}" if number > 200 else "-", f"{number / 53:.2f}"]
        rows.append(row)
    rows[3][1] += "*"
    total = ["All provinces", *["41,207", "14.20"] * 4]
    table = Table(head + rows + [total], colWidths=[62 * mm] + [22 * mm] * 8)
    table.setStyle(TableStyle([
        *[("SPAN", (i, 0), (i + 1, 0)) for i in (1, 3, 5, 7)], ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("ALIGN", (1, 0), (-1, 0), "CENTER"), ("LINEABOVE", (0, 0), (-1, 0), 1, colors.black),
        ("LINEBELOW", (0, 1), (-1, 1), 0.5, colors.black), ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
        ("FONTSIZE", (0, 0), (-1, -1), 8), ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]))
    document = SimpleDocTemplate(str(HERE / "turned.pdf"), pagesize=landscape(A4), invariant=1)
    document.build([Paragraph("Table 4. Firearms seized, by province and year", styles["Heading4"]), table,
                    Paragraph("* Includes the islands.", styles["BodyText"])],
                   onFirstPage=lambda canvas, _: canvas.setPageRotation(90))
    merged = [["Province", *[year for year in years for _ in (0, 1)]], ["Province", *["Count", "Rate"] * 4]]
    truth("turned", [("Table 4. Firearms seized, by province and year", merged + rows + [total])])


if __name__ == "__main__":
    for make in (ruled, beside, writer, turned):
        if len(sys.argv) < 2 or make.__name__ in sys.argv[1:]:
            make()
