"""A year of made-up weather, to try things on. Python alone is enough; with pandas or Polars the table is a frame."""

import helpers
from metaflow import FlowSpec, Parameter, card, current, step
from metaflow.cards import Markdown, Table, VegaChart


class DemoFlow(FlowSpec):
    """Makes up weather for some cities, looks at each city by itself, and compares them on a card."""

    days = Parameter("days", default=365, help="days of weather to make up for each city")
    warm = Parameter("warm", default=20.0, help="a day counts as warm from this temperature on, in °C")

    @step
    def start(self):
        """Make up the readings: one row for each city and day."""
        self.cities = list(helpers.CLIMATES)
        self.readings = helpers.as_table(helpers.make_readings(self.cities, self.days))
        print(f"{len(self.readings)} readings in a {type(self.readings).__name__}")
        # One task for each city; in there, self.input is the city.
        self.next(self.analyse, foreach="cities")

    @step
    def analyse(self):
        """Sum up one city. Change helpers.summarise, save, and only this step (and what follows) is stale."""
        self.city = self.input
        rows = helpers.rows_of(self.readings, self.city)
        self.summary = helpers.summarise(self.city, rows, self.warm)
        for month in self.summary["months"]:
            print(f"{self.city} {month['month']:>2}  {helpers.bar(month['mean'])} {month['mean']:5.1f} °C")
        self.next(self.compare)

    @step
    def compare(self, inputs):
        """Bring the cities together, the warmest first."""
        self.summaries = sorted((one.summary for one in inputs), key=lambda summary: -summary["mean"])
        # All cities have seen the same table, so that there is nothing to decide.
        self.merge_artifacts(inputs, include=["readings", "cities"])
        self.next(self.report)

    @card
    @step
    def report(self):
        """Show the result: this card can be seen in the terminal and in a browser."""
        warmest, coldest = self.summaries[0], self.summaries[-1]
        current.card.append(
            Markdown(
                "# Weather, compared\n"
                f"Over **{self.days} days**, {warmest['city']} was the warmest ({warmest['mean']:.1f} °C) "
                f"and {coldest['city']} the coldest ({coldest['mean']:.1f} °C)."
            )
        )
        current.card.append(
            Table(
                [
                    [row["city"], f"{row['mean']:.1f}", f"{row['low']:.1f}", f"{row['high']:.1f}", row["warm_days"]]
                    for row in self.summaries
                ],
                headers=["City", "Mean °C", "Lowest", "Highest", "Warm days"],
            )
        )
        current.card.append(VegaChart(helpers.chart(self.summaries)))
        self.next(self.end)

    @step
    def end(self):
        """Say who won."""
        for place, summary in enumerate(self.summaries, 1):
            print(f"{place}. {summary['city']:<10} {summary['mean']:5.1f} °C, {summary['warm_days']} warm days")


if __name__ == "__main__":
    DemoFlow()
