using CsCheck;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Identity;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Http;

[OnDatabase]
public sealed class PagingTests(PlatformFixture platform)
{
    private sealed record Seen(Guid Id, DateTimeOffset At);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_ManyRowsOfEqualKey_EachComesOnceInOrder(bool descending)
    {
        var subject = $"paging-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        await Fill(subject, 23);
        var seen = new List<Seen>();
        string? after = null;
        var pages = 0;
        do
        {
            var page = (await Read(subject, new PageQuery { Limit = 5, After = after }, descending)).ShouldNotBeNull();
            page.Total.ShouldBe(23);
            page.Items.Count.ShouldBeLessThanOrEqualTo(5);
            seen.AddRange(page.Items);
            after = page.Next;
            pages++;
        }
        while (after is not null);

        pages.ShouldBe(5);
        seen.Select(s => s.Id).Distinct().Count().ShouldBe(23);
        seen.Select(s => s.At).ShouldBe(descending ? seen.Select(s => s.At).OrderDescending() : seen.Select(s => s.At).Order());
    }

    [Fact]
    public async Task Read_RowAddedBeforeThePlace_NeitherRepeatsNorHidesAnother()
    {
        var subject = $"paging-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        await Fill(subject, 4);
        var first = (await Read(subject, new PageQuery { Limit = 2 }, descending: true)).ShouldNotBeNull();
        await Fill(subject, 1, later: true);
        var second = (await Read(subject, new PageQuery { Limit = 2, After = first.Next }, descending: true)).ShouldNotBeNull();
        second.Total.ShouldBe(5);
        first.Items.Concat(second.Items).Select(i => i.Id).Distinct().Count().ShouldBe(4);
        second.Next.ShouldBeNull();
    }

    [Fact]
    public async Task Read_CursorOfAnotherOrderOrAltered_IsUnknown()
    {
        var subject = $"paging-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        await Fill(subject, 3);
        var next = (await Read(subject, new PageQuery { Limit = 1 }, descending: true)).ShouldNotBeNull().Next!;
        (await Read(subject, new PageQuery { Limit = 1, After = next }, descending: false)).ShouldBeNull();
        foreach (var bad in new[] { next[..^2], "AAAA" + next, "", "%", "\u0000" }.Where(b => b.Length > 0))
        {
            (await Read(subject, new PageQuery { Limit = 1, After = bad }, descending: true)).ShouldBeNull();
        }

        Gen.String.Sample(text => text.Length == 0 || Read(subject, new PageQuery { Limit = 1, After = text }, descending: true).GetAwaiter().GetResult() is null, iter: 20);
    }

    [Fact]
    public async Task Read_ByTextAndByNumber_WorksToo()
    {
        var subject = $"paging-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        await Fill(subject, 6);
        await platform.WithDb(async db =>
        {
            var paging = platform.App.Services.GetRequiredService<Paging>();
            var rows = db.Ledger.Where(e => e.Subject == subject);
            var first = (await paging.ReadAsync(rows, new PageQuery { Limit = 4 }, e => e.ActorName, e => e.Id, e => e.Id, descending: false, default)).ShouldNotBeNull();
            var second = (await paging.ReadAsync(rows, new PageQuery { Limit = 4, After = first.Next }, e => e.ActorName, e => e.Id, e => e.Id, descending: false, default)).ShouldNotBeNull();
            first.Items.Concat(second.Items).Distinct().Count().ShouldBe(6);
            return 0;
        });
    }

    private Task<Page<Seen>?> Read(string subject, PageQuery query, bool descending) => platform.WithDb(db =>
        platform.App.Services.GetRequiredService<Paging>().ReadAsync(
            db.Ledger.Where(e => e.Subject == subject), query, e => e.At, e => e.Id, e => new Seen(e.Id, e.At), descending, default));

    private Task<int> Fill(string subject, int count, bool later = false) => platform.WithDb(db =>
    {
        var start = new DateTimeOffset(2026, 1, later ? 2 : 1, 0, 0, 0, TimeSpan.Zero);
        // Three rows share each moment.
        db.Ledger.AddRange(Enumerable.Range(0, count).Select(n => LedgerEntry.Of("kernel.paged", subject, Actor.Platform with { Name = $"name {n / 2}" }, start.AddSeconds(n / 3))));
        return db.SaveChangesAsync();
    });
}
