using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Live;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Privacy;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.OpenData.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Live;

/// <summary>A dataset that follows a real delivery, from the first draft to versions without persons.</summary>
[OnDatabase]
public sealed class FollowDeliveriesTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private static Actor Officer(Guid organisation) => new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "张三", organisation, default, new HashSet<Role> { Role.DepartmentOfficer });

    private Task SettleAsync<T>() where T : IReconciler => exchange.Services.GetRequiredService<Reconcilers>().SettleAsync<T>(CancellationToken.None);

    private async Task FollowAsync()
    {
        await exchange.WithDb(db => db.LiveDatasets.ExecuteUpdateAsync(l => l.SetProperty(x => x.NextAt, DateTimeOffset.UnixEpoch)));
        await SettleAsync<FollowDeliveries>();
    }

    /// <summary>The last batch came an hour ago, as far as anybody can see.</summary>
    private Task RestAsync(Route route) => exchange.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(d => d.SetProperty(x => x.LastReceivedAt, TimeProvider.System.GetUtcNow().AddHours(-1))));

    /// <summary>What is published was published so long ago, as far as anybody can see, and bound before that.</summary>
    private Task AgeAsync(Guid dataset, TimeSpan age) => exchange.WithDb(async db =>
    {
        var published = TimeProvider.System.GetUtcNow() - age;
        await db.LiveDatasets.Where(l => l.DatasetId == dataset && l.BoundAt > published).ExecuteUpdateAsync(l => l.SetProperty(x => x.BoundAt, published.AddHours(-1)));
        return await db.DatasetVersions.Where(v => v.DatasetId == dataset && v.PublishedAt != null).ExecuteUpdateAsync(v => v.SetProperty(x => x.PublishedAt, published));
    });

    /// <summary>The change is over, and the version before old enough for another.</summary>
    private async Task QuietAsync(Route route, Guid dataset)
    {
        await RestAsync(route);
        await AgeAsync(dataset, TimeSpan.FromHours(2));
    }

    /// <summary>What is proposed is checked and published.</summary>
    private async Task CheckedAsync()
    {
        await SettleAsync<CheckContents>();
        await FollowAsync();
    }

    private static async Task DeliverAsync(Route route)
    {
        var until = TimeProvider.System.GetUtcNow().AddSeconds(60);
        while (true)
        {
            await route.RunAsync();
            if ((await route.Source.QueryAsync("SELECT id, name FROM enterprise ORDER BY id")).SequenceEqual(await route.Target.QueryAsync("SELECT id, name FROM received ORDER BY id"))) { return; }
            TimeProvider.System.GetUtcNow().ShouldBeLessThan(until);
            await Task.Delay(200);
        }
    }

    private async Task<(Route Route, Guid Dataset)> BoundAsync()
    {
        var route = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite, s => s.Columns = ["id", "name"]);
        await route.Source.FillAsync(1, 50);
        await DeliverAsync(route);
        var now = TimeProvider.System.GetUtcNow();
        var description = Published.Description("企业名录") with { UpdateCycle = UpdateCycle.Yearly };
        var dataset = new Dataset { Id = Guid.CreateVersion7(now), Name = Published.NewName(), PublisherId = route.Consumer.Id, Description = description, CreatedAt = now, ModifiedAt = now };
        dataset.Describe(description);
        await exchange.WithDb(async db =>
        {
            db.Datasets.Add(dataset);
            db.DatasetVersions.Add(new DatasetVersion { Id = Guid.CreateVersion7(now), DatasetId = dataset.Id, Number = 1, Description = description, Resources = [], CreatedAt = now });
            return await db.SaveChangesAsync();
        });
        await using var scope = exchange.Services.CreateAsyncScope();
        var s = scope.ServiceProvider;
        (await BindLive.Handle(dataset.Id, new BindLiveRequest(route.Agreement, "企业名录", 30, 0), Officer(route.Consumer.Id), s.GetRequiredService<ZhengtongDb>(), s.GetRequiredService<ExchangeLookup>(), TimeProvider.System, default)).Result.ShouldBeOfType<NoContent>();
        return (route, dataset.Id);
    }

    /// <summary>What three persons do.</summary>
    private async Task ApproveAsync(Guid dataset)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var scope = exchange.Services.CreateAsyncScope();
        var s = scope.ServiceProvider;
        var db = s.GetRequiredService<ZhengtongDb>();
        var (own, version) = (await db.Datasets.SingleAsync(d => d.Id == dataset), await db.DatasetVersions.SingleAsync(v => v.DatasetId == dataset && v.State != VersionState.Published));
        version.Propose(Guid.CreateVersion7(now), now);
        version.EndCheck(now);
        version.Examine(Guid.CreateVersion7(now), now);
        await ApproveVersion.PublishAsync(db, s.GetRequiredService<ObjectStore>(), s.GetRequiredService<LedgerKeys>(), own, version, Officer(own.PublisherId), now, default);
        await db.SaveChangesAsync();
    }

    private Task<DatasetVersion> LastAsync(Guid dataset) => exchange.WithDb(db => db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == dataset).OrderByDescending(v => v.Number).FirstAsync());

    private Task<LiveDataset> LiveAsync(Guid dataset) => exchange.WithDb(db => db.LiveDatasets.AsNoTracking().SingleAsync(l => l.DatasetId == dataset));

    private Task<List<string>> EventsAsync(Guid dataset) => exchange.WithDb(db => db.Ledger.AsNoTracking().Where(e => e.Subject == dataset.ToString()).OrderBy(e => e.At).ThenBy(e => e.Id).Select(e => e.Event).ToListAsync());

    [Fact]
    public async Task Follow_AfterPersonsApprovedTheFirst_PublishesWhatIsDelivered()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        var first = await LastAsync(dataset);
        (first.State, first.Number, first.Resources.Count).ShouldBe((VersionState.Draft, 1, 1));
        first.Resources[0].Table!.Rows.ShouldBe(50);
        first.Resources[0].Table!.Columns.Select(c => (c.Name, c.Type, c.IsKey)).ShouldBe([("编号", ColumnType.Integer, true), ("名称", ColumnType.Text, false)]);
        // Nobody has approved: nothing is published by itself.
        await QuietAsync(route, dataset);
        await FollowAsync();
        (await LastAsync(dataset)).State.ShouldBe(VersionState.Draft);
        await ApproveAsync(dataset);
        await FollowAsync();
        ((await LiveAsync(dataset)).State, (await LastAsync(dataset)).Number).ShouldBe((LiveState.Following, 1), "Without a change there is no version");

        await route.Source.TouchAsync("id = 7", "改名企业");
        await route.Source.FillAsync(51, 60, fresh: true);
        await DeliverAsync(route);
        await FollowAsync();
        (await LastAsync(dataset)).Number.ShouldBe(1, "The change is not over yet");
        await QuietAsync(route, dataset);
        await FollowAsync();
        var second = await LastAsync(dataset);
        (second.State, second.Number).ShouldBe((VersionState.Proposed, 2));
        await FollowAsync();
        (await LastAsync(dataset)).State.ShouldBe(VersionState.Proposed, "Nothing goes out unchecked");
        await CheckedAsync();
        second = await LastAsync(dataset);
        (second.State, second.Number, second.ApprovedBy, second.Resources[0].Table!.Rows).ShouldBe((VersionState.Published, 2, Guid.Empty, 60L));
        second.Resources[0].Id.ShouldBe(first.Resources[0].Id);
        second.ChangeNote.ShouldContain("60");
        (await EventsAsync(dataset)).ShouldBe(["open-data.live-bound", "open-data.live-taken", "open-data.published", "open-data.live-granted", "open-data.live-proposed", "open-data.published"]);
        // Batches that bring the same rows make no version.
        await exchange.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(d => d.SetProperty(x => x.BatchesReceived, x => x.BatchesReceived + 1)));
        await QuietAsync(route, dataset);
        await FollowAsync();
        ((await LastAsync(dataset)).Number, (await LiveAsync(dataset)).PendingVersionId).ShouldBe((2, null));
    }

    [Fact]
    public async Task Follow_AFindingThatBlocks_HaltsAndTellsTheDepartment()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        await ApproveAsync(dataset);
        await FollowAsync();
        await route.Source.TouchAsync("id <= 50", "11010519491231002X");
        await DeliverAsync(route);
        await QuietAsync(route, dataset);
        await FollowAsync();
        await SettleAsync<CheckContents>();
        await FollowAsync();
        var version = await LastAsync(dataset);
        (version.State, version.Number).ShouldBe((VersionState.Draft, 2));
        var live = await LiveAsync(dataset);
        (live.State, live.Problem).ShouldBe((LiveState.Halted, "finding"));
        live.ProblemDetail.ShouldNotBeNull().ShouldNotContain("11010519491231002X");
        (await exchange.WithDb(db => db.Notices.AsNoTracking().Where(n => n.OrganisationId == route.Consumer.Id).Select(n => n.TextKey).ToListAsync())).ShouldContain("open-data.live.notice.finding");
        (await exchange.WithDb(db => db.Datasets.SingleAsync(d => d.Id == dataset))).Current.ShouldBe(1);
        await FollowAsync();
        (await LastAsync(dataset)).State.ShouldBe(VersionState.Draft, "Halted stays halted");
    }

    [Fact]
    public async Task Follow_AColumnThatNobodyApproved_Halts()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        // What persons approve has no names any more.
        await exchange.WithDb(async db =>
        {
            var draft = await db.DatasetVersions.SingleAsync(v => v.DatasetId == dataset);
            var file = draft.Resources[0];
            draft.Draft(draft.Description, [file with { Table = file.Table! with { Columns = [file.Table.Columns[0]] } }], "");
            return await db.SaveChangesAsync();
        });
        await ApproveAsync(dataset);
        await route.Source.TouchAsync("id = 7", "改名企业");
        await DeliverAsync(route);
        await QuietAsync(route, dataset);
        await FollowAsync();
        var live = await LiveAsync(dataset);
        (live.State, live.Problem, live.ProblemDetail).ShouldBe((LiveState.Halted, "columns", "名称"));
        (await LastAsync(dataset)).Number.ShouldBe(1);
        (await exchange.WithDb(db => db.Notices.AsNoTracking().Where(n => n.OrganisationId == route.Consumer.Id).Select(n => n.TextKey).ToListAsync())).ShouldContain("open-data.live.notice.columns");
    }

    [Fact]
    public async Task Follow_ApprovedRowsOfAnotherTable_AreNoGrant()
    {
        var (_, dataset) = await BoundAsync();
        await FollowAsync();
        await exchange.WithDb(async db =>
        {
            (await db.DatasetVersions.SingleAsync(v => v.DatasetId == dataset)).Propose(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
            return await db.SaveChangesAsync();
        });
        // As if it were bound to another agreement in between.
        await exchange.WithDb(db => db.LiveDatasets.Where(l => l.DatasetId == dataset).ExecuteUpdateAsync(l => l.SetProperty(x => x.Batches, 0)));
        await ApproveAsync(dataset);
        await FollowAsync();
        (await LiveAsync(dataset)).State.ShouldBe(LiveState.Awaiting);
        (await EventsAsync(dataset)).ShouldNotContain("open-data.live-granted");
    }

    [Fact]
    public async Task Follow_ChangesSoonerThanTheDistance_AreOneVersionWhenItIsOver()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        await ApproveAsync(dataset);
        await FollowAsync();
        // Each change rests for longer than its quiet time: without a distance each would be a version.
        for (var n = 1; n <= 3; n++)
        {
            await route.Source.TouchAsync("id = 7", $"第{n}次改名");
            await DeliverAsync(route);
            await RestAsync(route);
            await FollowAsync();
            await CheckedAsync();
            (await LastAsync(dataset)).Number.ShouldBe(1);
        }

        (await LiveAsync(dataset)).HeldSince.ShouldNotBeNull();
        await AgeAsync(dataset, TimeSpan.FromMinutes(61));
        await FollowAsync();
        await CheckedAsync();
        var second = await LastAsync(dataset);
        (second.State, second.Number).ShouldBe((VersionState.Published, 2));
        (await LiveAsync(dataset)).HeldSince.ShouldBeNull();
        // What goes out is what was delivered last: nothing in between is lost.
        await using var scope = exchange.Services.CreateAsyncScope();
        using var reader = new StreamReader((await scope.ServiceProvider.GetRequiredService<ObjectStore>().OpenAsync(second.Resources[0].Content, default)).ShouldNotBeNull());
        (await reader.ReadToEndAsync()).ShouldContain("第3次改名");
    }

    [Fact]
    public async Task Follow_ATableThatMovesWhenTheDistanceIsOver_PublishesWhatWasHeldOneDistanceLater()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        await ApproveAsync(dataset);
        await FollowAsync();
        await route.Source.TouchAsync("id = 7", "改名企业");
        await DeliverAsync(route);
        await RestAsync(route);
        await FollowAsync();
        // The next batches come, and no quiet time passes any more.
        await exchange.WithDb(db => db.Deliveries.Where(d => d.Id == route.Delivery).ExecuteUpdateAsync(d => d.SetProperty(x => x.LastReceivedAt, TimeProvider.System.GetUtcNow())));
        await AgeAsync(dataset, TimeSpan.FromMinutes(61));
        await FollowAsync();
        (await LastAsync(dataset)).Number.ShouldBe(1, "Half a change is not published as long as it may end in time");
        await exchange.WithDb(db => db.LiveDatasets.Where(l => l.DatasetId == dataset).ExecuteUpdateAsync(l => l.SetProperty(x => x.HeldSince, TimeProvider.System.GetUtcNow().AddMinutes(-61))));
        await FollowAsync();
        (await LastAsync(dataset)).Number.ShouldBe(2);
    }

    [Theory]
    // Rests; minutes since the version before; minutes since a change is held; promised; due.
    [InlineData(true, 59, null, UpdateCycle.Yearly, false)]
    [InlineData(true, 60, null, UpdateCycle.Yearly, true)]
    [InlineData(true, 2, null, UpdateCycle.Realtime, false)]
    [InlineData(false, 59, null, UpdateCycle.Realtime, false)]
    [InlineData(false, 60, null, UpdateCycle.Realtime, true)]
    [InlineData(false, 600, null, UpdateCycle.Daily, false)]
    [InlineData(false, 1440, null, UpdateCycle.Daily, true)]
    [InlineData(false, 119, 59, UpdateCycle.Yearly, false)]
    [InlineData(false, 120, 60, UpdateCycle.Yearly, true)]
    public void IsDue_ByRestAgeAndPromise_KeepsTheDistance(bool rests, int age, int? held, UpdateCycle cycle, bool due)
    {
        var now = TimeProvider.System.GetUtcNow();
        var live = Unbound(now);
        if (held is { } minutes) { live.IsDue(now.AddDays(-9), now.AddMinutes(-minutes), TimeSpan.FromHours(1), cycle, now.AddMinutes(-minutes)).ShouldBeFalse(); }
        live.IsDue(rests ? now.AddMinutes(-1) : now, now.AddMinutes(-age), TimeSpan.FromHours(1), cycle, now).ShouldBe(due);
    }

    [Fact]
    public async Task Follow_AFileThatPersonsReplaced_IsNotOverwrittenBeforeOneSaysSo()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        await ApproveAsync(dataset);
        await FollowAsync();
        Digest mine;
        await using (var stored = exchange.Services.CreateAsyncScope()) { mine = (await stored.ServiceProvider.GetRequiredService<ObjectStore>().PutAsync("corrected by hand"u8.ToArray(), default)).Digest; }
        await ReplaceAsync(dataset, mine);
        await route.Source.TouchAsync("id = 7", "改名企业");
        await DeliverAsync(route);
        await QuietAsync(route, dataset);
        await FollowAsync();
        await CheckedAsync();
        var live = await LiveAsync(dataset);
        (live.State, live.Problem).ShouldBe((LiveState.Halted, "replaced"));
        var kept = await LastAsync(dataset);
        (kept.Number, kept.Resources[0].Content).ShouldBe((2, mine));
        (await exchange.WithDb(db => db.Notices.AsNoTracking().Where(n => n.OrganisationId == route.Consumer.Id).Select(n => n.TextKey).ToListAsync())).ShouldContain("open-data.live.notice.replaced");

        await using (var scope = exchange.Services.CreateAsyncScope())
        {
            var s = scope.ServiceProvider;
            (await BindLive.Handle(dataset, new BindLiveRequest(route.Agreement, "企业名录", 30, live.Revision), Officer(route.Consumer.Id), s.GetRequiredService<ZhengtongDb>(), s.GetRequiredService<ExchangeLookup>(), TimeProvider.System, default)).Result.ShouldBeOfType<NoContent>();
        }

        await FollowAsync();
        await CheckedAsync();
        var next = await LastAsync(dataset);
        (next.State, next.Number, (await LiveAsync(dataset)).State).ShouldBe((VersionState.Published, 3, LiveState.Following));
        next.Resources[0].Content.ShouldNotBe(mine);
    }

    [Fact]
    public async Task Follow_AVersionOfPersonsWithTheSameFile_GoesOn()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        await ApproveAsync(dataset);
        await FollowAsync();
        await ReplaceAsync(dataset, null);
        await route.Source.TouchAsync("id = 7", "改名企业");
        await DeliverAsync(route);
        await QuietAsync(route, dataset);
        await FollowAsync();
        await CheckedAsync();
        ((await LastAsync(dataset)).Number, (await LiveAsync(dataset)).State).ShouldBe((3, LiveState.Following));
    }

    [Fact]
    public async Task Follow_AFileReplacedInTheDraft_IsNotFilledAnew()
    {
        var (route, dataset) = await BoundAsync();
        await FollowAsync();
        var mine = Digest.Of("draft by hand"u8);
        await exchange.WithDb(async db =>
        {
            var draft = await db.DatasetVersions.SingleAsync(v => v.DatasetId == dataset);
            draft.Draft(draft.Description, [draft.Resources[0] with { Content = mine }], "");
            return await db.SaveChangesAsync();
        });
        await route.Source.TouchAsync("id = 7", "改名企业");
        await DeliverAsync(route);
        await FollowAsync();
        ((await LastAsync(dataset)).Resources[0].Content, (await LiveAsync(dataset)).Problem).ShouldBe((mine, "replaced"));
    }

    [Theory]
    [InlineData("import", "too-many-columns")]
    [InlineData("unreadable", "exchange.target-unreachable")]
    [InlineData("finding", "identity-card person-name")]
    [InlineData("rules", "description.licence, resources[0], changeNote")]
    public void Detail_OfCodes_IsWordsInBothLanguages(string problem, string codes)
    {
        foreach (var language in (string[])["zh-CN", "en"])
        {
            var (words, said) = Text.In(language, () => (LiveWords.Detail(problem, codes), LiveWords.Of(problem)));
            words.ShouldNotBeNullOrWhiteSpace();
            foreach (var code in codes.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)) { words.ShouldNotContain(code); }
            said.ShouldNotContain("open-data.");
        }
    }

    private static LiveDataset Unbound(DateTimeOffset now) =>
        new() { DatasetId = Guid.CreateVersion7(now), AgreementId = Guid.CreateVersion7(now), ResourceId = Guid.CreateVersion7(now), Name = "名录", QuietMinutes = 1, BoundBy = Guid.Empty, BoundAt = now, NextAt = now };

    /// <summary>Persons publish another version, with that file in the place of the one that follows, or with the same.</summary>
    private async Task ReplaceAsync(Guid dataset, Digest? content)
    {
        await exchange.WithDb(async db =>
        {
            var (now, current) = (TimeProvider.System.GetUtcNow(), await db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == dataset).OrderByDescending(v => v.Number).FirstAsync());
            db.DatasetVersions.Add(new DatasetVersion
            {
                Id = Guid.CreateVersion7(now), DatasetId = dataset, Number = current.Number + 1, Description = current.Description, ChangeNote = "更正", CreatedAt = now,
                Resources = [current.Resources[0] with { Content = content ?? current.Resources[0].Content }],
            });
            return await db.SaveChangesAsync();
        });
        await ApproveAsync(dataset);
    }

    [Fact]
    public void Bind_ToAnotherAgreement_LeavesTheVersionUnderWayToPersons()
    {
        var now = TimeProvider.System.GetUtcNow();
        var live = Unbound(now);
        live.Grant(Guid.CreateVersion7(now));
        live.Took(7, Digest.Of("rows"u8), null, Guid.CreateVersion7(now), now, now);
        live.Bind(live.AgreementId, "改名", 1, Guid.Empty, null, now.AddDays(1));
        (live.State, live.PendingVersionId is not null, live.Batches, live.BoundAt).ShouldBe((LiveState.Following, true, 7, now));
        live.Bind(Guid.CreateVersion7(now), "改名", 1, Guid.Empty, null, now.AddDays(1));
        (live.State, live.PendingVersionId, live.Batches, live.BoundAt).ShouldBe((LiveState.Awaiting, null, 0, now.AddDays(1)));
    }

    [Fact]
    public async Task Bind_AnothersAgreement_IsRefused()
    {
        var (_, dataset) = await BoundAsync();
        var other = await exchange.RouteAsync(DataSourceKind.Sqlite, DataSourceKind.Sqlite);
        await using var scope = exchange.Services.CreateAsyncScope();
        var s = scope.ServiceProvider;
        var (db, lookup) = (s.GetRequiredService<ZhengtongDb>(), s.GetRequiredService<ExchangeLookup>());
        var publisher = (await db.Datasets.AsNoTracking().SingleAsync(d => d.Id == dataset)).PublisherId;
        ((await BindLive.Handle(dataset, new BindLiveRequest(other.Agreement, "企业名录", 30, 1), Officer(publisher), db, lookup, TimeProvider.System, default)).Result as ProblemHttpResult)!.StatusCode.ShouldBe(400);
        ((await BindLive.Handle(dataset, new BindLiveRequest(other.Agreement, "企业名录", 30, 1), Officer(other.Consumer.Id), db, lookup, TimeProvider.System, default)).Result as ProblemHttpResult)!.StatusCode.ShouldBe(404);
        ((await UnbindLive.Handle(dataset, Officer(publisher), db, TimeProvider.System, default)).Result).ShouldBeOfType<NoContent>();
        ((await GetLive.Handle(dataset, Officer(publisher), db, lookup, default)).Result as ProblemHttpResult)!.StatusCode.ShouldBe(404);
    }
}
