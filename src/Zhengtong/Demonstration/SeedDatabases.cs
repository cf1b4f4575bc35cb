using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Demonstration;

/// <summary>Fills the departments' business databases, as many at once as there are cores.</summary>
internal sealed class SeedDatabases(Province province, SyntheticProvince synthetic, BusinessDatabases databases) : IStartupStep
{
    /// <summary>By slug of the department, after the step.</summary>
    internal ConcurrentDictionary<string, BusinessDatabase> Opened { get; } = new();

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var names = province.Bodies().Where(b => b.KeepsDatabase).ToDictionary(b => b.Slug, b => b.ShortName);
        var db = scope.GetRequiredService<ZhengtongDb>();
        var ids = await db.Organisations.Where(o => o.ParentId == null).ToDictionaryAsync(o => o.ShortName, o => o.Id, ct);
        // The largest first: the last core to finish is then never far behind.
        var departments = synthetic.Tables.GroupBy(t => t.Spec.Department).OrderByDescending(g => g.Sum(t => t.Spec.Rows)).ToList();
        var done = 0;
        await Parallel.ForEachAsync(departments, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = ct }, async (tables, stop) =>
        {
            var watch = Stopwatch.StartNew();
            var database = Opened[tables.Key] = await databases.OpenAsync(tables.Key, ids[names[tables.Key]], stop);
            var rows = 0;
            foreach (var table in tables) { rows += await BusinessDatabases.FillAsync(database, table, stop); }
            Progress.Say("demonstration.progress.database", Interlocked.Increment(ref done), departments.Count, names[tables.Key], tables.Count(), rows, watch.Elapsed.TotalSeconds);
        });
    }
}
