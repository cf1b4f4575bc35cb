using CsCheck;
using Zhengtong.Catalogue.CloudServices;

namespace Zhengtong.Tests.Catalogue.CloudServices;

/// <summary>Whatever is set and corrected in whatever order: at any moment at most one price, and the one that a day-by-day book says.</summary>
public sealed class PriceSeriesTests
{
    private const int Days = 60;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Prices_AnySequence_NeverOverlapAndEqualTheBook() => Gen.Select(Gen.Int[0, Days - 1], Gen.Int[0, Days], Gen.Bool, Gen.Int[1, 1000]).List[1, 15].Sample(steps =>
    {
        var series = new PriceSeries { Id = Guid.AllBitsSet, ServiceCode = "s", PlanCode = "p", Meter = "vcpu-hour" };
        // One more day stands for ever after.
        var book = new decimal?[Days + 1];
        foreach (var (from, length, corrects, amount) in steps)
        {
            DateTimeOffset? until = length == 0 ? null : Start.AddDays(Math.Min(from + length, Days));
            var end = until is null ? Days + 1 : Math.Min(from + length, Days);
            var price = new ServicePrice { Id = Guid.CreateVersion7(Start), Amount = amount, ValidFrom = Start.AddDays(from), ValidUntil = until, Source = "test", Ground = corrects ? "ground" : null };
            if (corrects) { series.Correct(price, Start); }
            else
            {
                var openFrom = series.Prices.SingleOrDefault(p => p.ValidUntil is null)?.ValidFrom;
                var closes = openFrom < price.ValidFrom;
                // What would be overlapped but for the open price that ends here.
                var taken = Enumerable.Range(from, end - from).Any(d => book[d] is not null && !(closes && Start.AddDays(d) >= openFrom));
                (series.Follow(price).Count > 0).ShouldBe(taken);
                if (taken) { continue; }
                if (closes) { for (var d = from; d <= Days; d++) { book[d] = null; } }
            }

            for (var d = from; d < end; d++) { book[d] = amount; }
        }

        for (var d = 0; d <= Days; d++)
        {
            series.Prices.Count(p => p.IsInForceAt(Start.AddDays(d))).ShouldBe(book[d] is null ? 0 : 1);
            series.At(Start.AddDays(d))?.Amount.ShouldBe(book[d]!.Value);
        }

        foreach (var (one, other) in series.Prices.SelectMany((p, n) => series.Prices.Skip(n + 1).Select(q => (p, q)))) { (one.ValidUntil != one.ValidFrom && other.Overlaps(one.ValidFrom, one.ValidUntil)).ShouldBeFalse(); }
        series.Prices.Count(p => p.ValidUntil is null).ShouldBeLessThanOrEqualTo(1);
    }, iter: 2000);
}
