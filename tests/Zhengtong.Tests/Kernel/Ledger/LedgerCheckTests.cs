using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Ledger;

/// <summary>Alters a ledger as somebody with the database's password could, and expects the next check to name what was altered.</summary>
[OnDatabase]
public sealed class LedgerCheckTests
{
    private const int Entries = 600;

    [Theory]
    [InlineData("event = 'test.else'")]
    [InlineData("subject = 'another'")]
    [InlineData("reason = 'another'")]
    [InlineData("reason = NULL")]
    [InlineData("actor_name = 'somebody else'")]
    [InlineData("actor_organisation = '018f0000-0000-7000-8000-000000000001'")]
    [InlineData("data = '[]'")]
    public async Task Check_RowEditedInOneField_NamesTheRow(string set)
    {
        await using var house = await BuiltAsync();
        var id = await house.IdAtAsync(300);
        (await house.SqlAsync($"UPDATE {{entries}} SET {set} WHERE \"index\" = 300")).ShouldBe(1);
        var finding = (await house.FindingsAsync()).ShouldHaveSingleItem();
        (finding.Fault, finding.Index, finding.EntryId).ShouldBe((LedgerFault.EntryEdited, 300, id));
    }

    [Fact]
    public async Task Check_LastRowOfTheGrowingTileEdited_NamesTheRow()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET reason = 'x' WHERE \"index\" = 599");
        (await house.FindingsAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Fault.ShouldBe(LedgerFault.EntryEdited), f => f.Index.ShouldBe(599));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(599)]
    public async Task Check_RowDeleted_NamesItsIndexAndNeighbours(int index)
    {
        await using var house = await BuiltAsync();
        var before = index == 0 ? (Guid?)null : await house.IdAtAsync(index - 1);
        (await house.SqlAsync($"DELETE FROM {{entries}} WHERE \"index\" = {index}")).ShouldBe(1);
        var finding = (await house.FindingsAsync()).ShouldHaveSingleItem();
        (finding.Fault, finding.Index).ShouldBe((LedgerFault.EntryMissing, index));
        finding.Detail.ShouldStartWith($"{before} <");
        await house.SequenceAsync();
        (await house.FindingsAsync()).ShouldHaveSingleItem("sequencing on does not hide it");
    }

    [Fact]
    public async Task Check_RowLosesItsIndex_IsMissingEvenWhenSequencedAnew()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET \"index\" = NULL WHERE \"index\" = 42");
        await house.SequenceAsync();
        (await house.FindingsAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Fault.ShouldBe(LedgerFault.EntryMissing), f => f.Index.ShouldBe(42));
    }

    [Theory]
    [InlineData(10, 11)]
    [InlineData(3, 590)]
    public async Task Check_TwoRowsSwapped_NamesBothAndWhereTheyBelong(int one, int other)
    {
        await using var house = await BuiltAsync();
        var (a, b) = (await house.IdAtAsync(one), await house.IdAtAsync(other));
        await house.SqlAsync($"UPDATE {{entries}} SET \"index\" = -1 WHERE \"index\" = {one}");
        await house.SqlAsync($"UPDATE {{entries}} SET \"index\" = {one} WHERE \"index\" = {other}");
        await house.SqlAsync($"UPDATE {{entries}} SET \"index\" = {other} WHERE \"index\" = -1");
        var findings = await house.FindingsAsync();
        findings.Select(f => (f.Fault, f.Index, f.EntryId, f.Detail)).ShouldBe(
            [(LedgerFault.EntryMoved, one, b, $"{one} <- {other}"), (LedgerFault.EntryMoved, other, a, $"{other} <- {one}")]);
    }

    [Fact]
    public async Task Check_RowInsertedWithAnIndex_NamesIt()
    {
        await using var house = await BuiltAsync();
        await house.AppendAsync(1);
        await house.SqlAsync("UPDATE {entries} SET \"index\" = 5000 WHERE \"index\" IS NULL");
        (await house.FindingsAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Fault.ShouldBe(LedgerFault.EntryInserted), f => f.Index.ShouldBe(5000));
    }

    [Theory]
    [InlineData(0, 0, "0/0")]
    [InlineData(0, 1, "0/1")]
    [InlineData(0, 2, "0/2")]
    [InlineData(1, 0, "1/0 #0")]
    public async Task Check_TileAltered_NamesTheTileAndNoRow(int level, long number, string detail)
    {
        await using var house = await BuiltAsync();
        await house.WithDb(async db =>
        {
            var place = Tile.PlaceOf(level, number);
            var hashes = await db.LedgerTiles.Where(t => t.Place == place).Select(t => t.Hashes).SingleAsync();
            hashes[5] ^= 1;
            return await db.LedgerTiles.Where(t => t.Place == place).ExecuteUpdateAsync(t => t.SetProperty(x => x.Hashes, hashes));
        });
        var findings = await house.FindingsAsync();
        findings.ShouldAllBe(f => f.Fault == LedgerFault.TileAltered);
        findings.ShouldContain(f => f.Detail == detail);
    }

    [Fact]
    public async Task Check_TileDeleted_NamesTheTile()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync($"DELETE FROM {{tiles}} WHERE place = {Tile.PlaceOf(0, 1)}");
        (await house.FindingsAsync()).ShouldContain(f => f.Fault == LedgerFault.TileMissing && f.Detail == "0/1");
    }

    [Fact]
    public async Task Check_RowAndAllTilesRebuilt_IsFoundAgainstTheSignedRootBetweenTwoCheckpoints()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET reason = 'forged' WHERE \"index\" = 450");
        await house.WithDb(RebuildTilesAsync);
        var finding = (await house.FindingsAsync()).ShouldHaveSingleItem();
        // BuiltAsync signs at 200, 400 and 600.
        (finding.Fault, finding.Detail).ShouldBe((LedgerFault.RootDiffers, "[400, 600)"));
    }

    [Fact]
    public async Task Check_CheckpointRootForgedToo_IsFoundByItsSignature()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET reason = 'forged' WHERE \"index\" = 450");
        await house.WithDb(RebuildTilesAsync);
        await house.Run(async services =>
        {
            var db = services.GetRequiredService<ZhengtongDb>();
            var root = await services.GetRequiredService<LedgerTree>().RootAsync(Entries, CancellationToken.None);
            var note = (await db.LedgerCheckpoints.SingleAsync(c => c.Size == Entries)).Note;
            CheckpointNote.TryParse(note, out var parsed).ShouldBeTrue();
            var forged = note.Replace(parsed!.Text, Checkpoint.TextOf(parsed.Origin, Entries, root), StringComparison.Ordinal);
            return await db.LedgerCheckpoints.Where(c => c.Size == Entries).ExecuteUpdateAsync(c => c.SetProperty(x => x.Root, root).SetProperty(x => x.Note, forged));
        });
        var faults = (await house.FindingsAsync()).Select(f => f.Fault).ToList();
        faults.ShouldContain(LedgerFault.SignatureInvalid);
        faults.ShouldContain(LedgerFault.RolledBack);
    }

    [Fact]
    public async Task Check_EverythingForgedWithANewKey_IsFoundByTheKeyAndTheFile()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET reason = 'forged', \"index\" = NULL");
        await house.SqlAsync("DELETE FROM {tiles}");
        await house.SqlAsync("DELETE FROM {checkpoints}");
        await house.SqlAsync("DELETE FROM {keys}");
        var kept = await File.ReadAllTextAsync(house.CheckpointPath);
        File.Delete(house.CheckpointPath);
        await house.SequenceAsync();
        await File.WriteAllTextAsync(house.CheckpointPath, kept);
        var faults = (await house.FindingsAsync()).Select(f => f.Fault).ToList();
        faults.ShouldContain(LedgerFault.KeyExchanged);
        faults.ShouldContain(LedgerFault.RolledBack);
    }

    [Fact]
    public async Task Check_DatabaseRolledBack_IsFoundByTheCheckpointFile()
    {
        await using var house = await BuiltAsync();
        var copy = await house.CopyDatabaseAsync();
        await house.AppendAsync(10);
        await house.SequenceAsync();
        await house.RollBackToAsync(copy);
        var finding = (await house.FindingsAsync()).ShouldHaveSingleItem();
        (finding.Fault, finding.Detail).ShouldBe((LedgerFault.RolledBack, "600 < 610"));
    }

    [Fact]
    public async Task Check_RangeAlone_SeesItsTilesAndNotOthers()
    {
        await using var house = await BuiltAsync();
        await house.SqlAsync("UPDATE {entries} SET reason = 'x' WHERE \"index\" = 10");
        (await house.CheckAsync(from: 256)).FindingCount.ShouldBe(0);
        var run = await house.CheckAsync(from: 5, to: 20);
        (run.From, run.To, run.FindingCount).ShouldBe((0, 256, 1));
    }

    [Fact]
    public async Task Health_WhileAFindingStands_IsDegradedAndAFullCleanCheckClearsIt()
    {
        await using var house = await BuiltAsync();
        (await house.SqlAsync("UPDATE {entries} SET reason = reason || 'x' WHERE \"index\" = 10")).ShouldBe(1);
        await house.CheckAsync();
        await house.CheckAsync(from: 256);
        (await HealthOf(house)).ShouldBe(HealthStatus.Degraded, "a later partial check clears nothing");
        await house.SqlAsync("UPDATE {entries} SET reason = substr(reason, 1, length(reason) - 1) WHERE \"index\" = 10");
        await house.CheckAsync();
        (await HealthOf(house)).ShouldBe(HealthStatus.Healthy);
    }

    private static async Task<HealthStatus> HealthOf(LedgerHouse house) =>
        (await house.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(r => r.Name == "ledger")).Status;

    private static async Task<LedgerHouse> BuiltAsync()
    {
        var house = await LedgerHouse.BuildAsync();
        for (var n = 0; n < 3; n++)
        {
            await house.AppendAsync(Entries / 3);
            await house.SequenceAsync();
        }

        (await house.FindingsAsync()).ShouldBeEmpty();
        return house;
    }

    /// <summary>What a thorough forger does: makes every tile fit the rows.</summary>
    private static async Task<int> RebuildTilesAsync(ZhengtongDb db)
    {
        await db.LedgerTiles.ExecuteDeleteAsync();
        var builder = await TreeBuilder.LoadAsync(db, 0, CancellationToken.None);
        foreach (var row in await db.Ledger.AsNoTracking().OrderBy(e => e.Index).ToListAsync()) { builder.Append(LedgerLeaf.HashOf(row)); }
        foreach (var (place, hashes) in builder.Changed) { db.LedgerTiles.Add(new Tile { Place = place, Hashes = hashes }); }
        return await db.SaveChangesAsync();
    }
}
