using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Kernel.Regions;

/// <summary>Brings the program's own divisions, province to county, into the database: once for each edition of the file, only what is missing.</summary>
internal sealed class DivisionsData(TimeProvider clock) : IStartupStep
{
    private const string EditionMark = "# edition ";

    public async Task RunAsync(IServiceProvider scope, CancellationToken ct)
    {
        var db = scope.GetRequiredService<ZhengtongDb>();
        var subject = $"divisions/{Edition()}";
        if (await db.Ledger.AnyAsync(e => e.Subject == subject && e.Event == "kernel.divisions-loaded", ct)) { return; }

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var added = await RegionTable.AddMissingAsync(db, [.. Read()], ct);
        db.Ledger.Add(LedgerEntry.Of("kernel.divisions-loaded", subject, Actor.Platform, clock.GetUtcNow(), after: new { added }));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>The divisions of divisions.txt, parents first.</summary>
    internal static IEnumerable<Division> Read() => Lines().Where(l => l[0] != '#').Select(l => l.Split('|')).Select(l => new Division(RegionCode.Parse(l[0]), l[1]));

    /// <summary>Which edition the file is.</summary>
    internal static string Edition() => Lines().First(l => l.StartsWith(EditionMark, StringComparison.Ordinal))[EditionMark.Length..];

    private static IEnumerable<string> Lines()
    {
        using var stream = typeof(DivisionsData).Assembly.GetManifestResourceStream("Zhengtong.Kernel.Regions.divisions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line) { yield return line; }
    }
}
