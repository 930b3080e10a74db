"""What the steps of flow.py are made of. An edit here makes stale exactly the steps that use what was edited."""

import math
import random

# Mean temperature over the year, and how far summer and winter are from it, in °C.
CLIMATES = {
    "Lisbon": (17.5, 6.0),
    "Oslo": (6.5, 11.0),
    "Nairobi": (19.0, 1.5),
    "Toronto": (9.5, 13.0),
    "Sapporo": (9.0, 13.5),
}


def make_readings(cities, days):
    """Rows with city, day, month and temperature; the same ones each time."""
    rows = []
    for city in cities:
        mean, swing = CLIMATES[city]
        chance = random.Random(city)
        for day in range(days):
            season = -math.cos(2 * math.pi * (day - 20) / 365)
            temperature = mean + swing * season + chance.gauss(0, 2)
            rows.append(
                {"city": city, "day": day, "month": day % 365 * 12 // 365 + 1, "temperature": round(temperature, 1)}
            )
    return rows


def as_table(rows):
    """A data frame of whichever library is installed, else the rows themselves."""
    try:
        import pandas

        return pandas.DataFrame(rows)
    except ImportError:
        pass
    try:
        import polars

        return polars.DataFrame(rows)
    except ImportError:
        return rows


def rows_of(table, city):
    """The rows of one city, as dictionaries, whatever the table is."""
    if hasattr(table, "to_dicts"):
        rows = table.to_dicts()
    elif hasattr(table, "to_dict"):
        rows = table.to_dict("records")
    else:
        rows = table
    return [row for row in rows if row["city"] == city]


def summarise(city, rows, warm):
    """Mean, extremes and warm days of a city, and the mean of each month."""
    temperatures = [row["temperature"] for row in rows]
    months = {}
    for row in rows:
        months.setdefault(row["month"], []).append(row["temperature"])
    return {
        "city": city,
        "mean": sum(temperatures) / len(temperatures),
        "low": min(temperatures),
        "high": max(temperatures),
        "warm_days": sum(temperature >= warm for temperature in temperatures),
        "months": [{"month": month, "mean": sum(values) / len(values)} for month, values in sorted(months.items())],
    }


def bar(temperature):
    """A temperature as a bar of blocks, one for every two degrees."""
    return "█" * max(0, round(temperature / 2)) or "·"


def chart(summaries):
    """The months of all cities as lines, in Vega-Lite."""
    values = [
        {"city": summary["city"], "month": month["month"], "mean": round(month["mean"], 1)}
        for summary in summaries
        for month in summary["months"]
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "month", "type": "ordinal", "title": "Month"},
            "y": {"field": "mean", "type": "quantitative", "title": "Mean °C"},
            "color": {"field": "city", "type": "nominal", "title": "City"},
        },
    }
