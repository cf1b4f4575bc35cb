using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Ledger;

[OnDatabase]
public sealed class LedgerSequencerTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task Sequence_ManySizes_GivesTheNaiveRootAndProofs()
    {
        await using var house = await LedgerHouse.BuildAsync();
        await house.SequenceAsync();
        foreach (var more in new[] { 1, 1, 5, 120, 128, 1, 2, 255, 256, 300 })
        {
            await house.AppendAsync(more);
            await house.SequenceAsync();
        }

        var rows = await house.WithDb(db => db.Ledger.AsNoTracking().OrderBy(e => e.Index).ToListAsync());
        rows.Select(r => r.Index).ShouldBe(Enumerable.Range(0, rows.Count).Select(i => (long?)i));
        byte[][] leaves = [.. rows.Select(LedgerLeaf.Of)];
        var checkpoints = await house.WithDb(db => db.LedgerCheckpoints.AsNoTracking().OrderBy(c => c.Size).ToListAsync());
        checkpoints.Select(c => c.Size).ShouldBe([0, 1, 2, 7, 127, 255, 256, 258, 513, 769, 1069]);
        foreach (var checkpoint in checkpoints) { checkpoint.Root.ShouldBe(NaiveTree.Root(leaves.AsSpan(0, (int)checkpoint.Size)), $"size {checkpoint.Size}"); }

        await house.Run(async services =>
        {
            var tree = services.GetRequiredService<LedgerTree>();
            foreach (var size in new[] { 1, 2, 255, 256, 257, 511, 512, 513, 1069 })
            {
                foreach (var index in new[] { 0, size / 3, size / 2, size - 1 })
                {
                    (await tree.InclusionAsync(index, size, Ct)).ShouldBe(NaiveTree.Inclusion(index, leaves.AsSpan(0, size)), $"{index} of {size}");
                    (await tree.ConsistencyAsync(index + 1, size, Ct)).ShouldBe(NaiveTree.Consistency(index + 1, leaves.AsSpan(0, size)), $"{index + 1} to {size}");
                }
            }

            return 0;
        });
        (await house.FindingsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sequence_KilledAtEachCommand_LeavesTheTreeBeforeOrAfter()
    {
        var kill = new KillAtCommand();
        await using var house = await LedgerHouse.BuildAsync(builder =>
        {
            builder.Services.ConfigureDbContext<SqliteZhengtongDb>(o => o.AddInterceptors(kill));
            builder.Services.ConfigureDbContext<PostgresZhengtongDb>(o => o.AddInterceptors(kill));
        });
        await house.AppendAsync(250);
        await house.SequenceAsync();
        await house.AppendAsync(20);
        var killed = 0;
        for (var at = 1; ; at++)
        {
            kill.After = at;
            try
            {
                await house.SequenceAsync();
                kill.After = 0;
                break;
            }
            catch (Exception e) when (e is KilledException or DbUpdateException { InnerException: KilledException })
            {
                kill.After = 0;
                killed++;
            }

            (await house.WithDb(db => db.LedgerCheckpoints.MaxAsync(c => c.Size))).ShouldBe(250);
            (await house.WithDb(db => db.Ledger.CountAsync(e => e.Index != null))).ShouldBe(250);
            (await house.FindingsAsync()).ShouldBeEmpty($"after a kill at command {at}");
        }

        killed.ShouldBeGreaterThan(5);
        (await house.WithDb(db => db.LedgerCheckpoints.MaxAsync(c => c.Size))).ShouldBe(270);
        (await house.FindingsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sequence_TwoAtOnceUnderTenThousandAppends_NeverGivesAnIndexTwice()
    {
        await using var house = await LedgerHouse.BuildAsync();
        await house.SequenceAsync();
        await using var second = await LedgerHouse.BuildAsync(beside: house);
        using var done = new CancellationTokenSource();
        var sequencers = new[] { house, second }.Select(h => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await h.SequenceAsync();
                // As often as 40 times a second; without a pause the two take the processor from those who append.
                await Task.Delay(25);
            }
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++) { await (n % 2 == 0 ? house : second).AppendAsync(25, $"appender {n}"); }
        })));
        await done.CancelAsync();
        await Task.WhenAll(sequencers);
        await house.SequenceAsync();

        var indexes = await house.WithDb(db => db.Ledger.OrderBy(e => e.Index).Select(e => e.Index).ToListAsync());
        indexes.ShouldBe(Enumerable.Range(0, 10_000).Select(i => (long?)i));
        var checkpoints = await house.WithDb(db => db.LedgerCheckpoints.AsNoTracking().OrderBy(c => c.Size).ToListAsync());
        checkpoints.Count.ShouldBeGreaterThan(2);
        // Each tree is the beginning of the next: no two roots were ever signed that do not fit.
        await house.Run(async services =>
        {
            var tree = services.GetRequiredService<LedgerTree>();
            foreach (var (older, newer) in checkpoints.Zip(checkpoints.Skip(1)))
            {
                MerkleTree.IsConsistent(older.Size, newer.Size, older.Root, newer.Root, await tree.ConsistencyAsync(older.Size, newer.Size, Ct)).ShouldBeTrue();
            }

            return 0;
        });
        (await house.FindingsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sequence_AppendToALargeTree_ReadsAndWritesTheEdgeAlone()
    {
        var counter = new CountTileTraffic();
        await using var house = await LedgerHouse.BuildAsync(builder =>
        {
            builder.Services.ConfigureDbContext<SqliteZhengtongDb>(o => o.AddInterceptors(counter));
            builder.Services.ConfigureDbContext<PostgresZhengtongDb>(o => o.AddInterceptors(counter));
        });
        await house.AppendAsync(2000);
        await house.SequenceAsync();
        await house.AppendAsync(1);
        counter.Commands = 0;
        await house.SequenceAsync();
        // One read of the edge, one write of the growing tile of level 0.
        counter.Commands.ShouldBe(2);
    }

    [Fact]
    public async Task Sequence_OnARolledBackDatabase_SignsNothing()
    {
        await using var house = await LedgerHouse.BuildAsync();
        await house.AppendAsync(10);
        await house.SequenceAsync();
        var copy = await house.CopyDatabaseAsync();
        await house.AppendAsync(5);
        await house.SequenceAsync();
        await house.RollBackToAsync(copy);
        await house.AppendAsync(7);
        await Should.ThrowAsync<LedgerRolledBackException>(house.SequenceAsync);
        (await house.WithDb(db => db.LedgerCheckpoints.MaxAsync(c => c.Size))).ShouldBe(10);
        (await house.FindingsAsync()).ShouldHaveSingleItem().Fault.ShouldBe(LedgerFault.RolledBack);
    }

    private sealed class KilledException : Exception;

    /// <summary>Throws at the n-th command since it was set; the open transaction is lost with the context, as when the process dies.</summary>
    private sealed class KillAtCommand : DbCommandInterceptor
    {
        internal int After { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Count();
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Count();
            return ValueTask.FromResult(result);
        }

        private void Count()
        {
            if (After > 0 && --After == 0) { throw new KilledException(); }
        }
    }

    private sealed class CountTileTraffic : DbCommandInterceptor
    {
        internal int Commands { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains("ledger_tiles", StringComparison.Ordinal)) { Commands++; }
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains("ledger_tiles", StringComparison.Ordinal)) { Commands++; }
            return ValueTask.FromResult(result);
        }
    }
}
