using System.Text.RegularExpressions;
using Zhengtong.Kernel.Http;
using Zhengtong.Tests.Support;
using Zhengtong.Web;

namespace Zhengtong.Tests.Architecture;

/// <summary>What is written down is what runs.</summary>
public sealed partial class DocsAreTrue
{
    [Fact]
    public void Errors_Table_IsTheProgramsProblems()
    {
        var written = Cells("errors.md").ToLookup(c => c[0], c => c[1]);
        var declared = ApiDescription.All.Values.ToLookup(p => p.Code, p => p.Status.ToString());
        declared.Count.ShouldBeGreaterThan(15);
        Differences(written, declared).ShouldBeEmpty("docs/errors.md: | code | status | meaning and what to do |");
        Cells("errors.md").Where(c => c.Length < 3 || c[2].Length < 10).Select(c => c[0]).ShouldBeEmpty("Say what it means and what to do");
    }

    [Fact]
    public void Errors_Declared_HaveTheirModulesName()
    {
        foreach (var type in typeof(ApiDescription).Assembly.GetTypes().Where(t => t.Name.EndsWith("Problems", StringComparison.Ordinal)))
        {
            var module = type.Name[..^"Problems".Length].ToLowerInvariant();
            type.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)
                .Where(f => f.FieldType == typeof(ProblemType)).Select(f => (ProblemType)f.GetValue(null)!)
                .Where(p => !CodeForm().IsMatch(p.Code) || p.Code.Split('.')[0].Replace("-", "", StringComparison.Ordinal) != module || p.Status is < 400 or > 599).Select(p => p.Code).ShouldBeEmpty();
        }
    }

    [Fact]
    public void AuditEvents_Table_IsTheProgramsLedgerEvents()
    {
        var source = Repository.Files("src/Zhengtong", "*.cs").Concat(Repository.Files("src/Zhengtong", "*.razor")).Where(f => !f.EndsWith("/LedgerEntry.cs", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        var calls = source.SelectMany(EventsIn).ToList();
        calls.Count.ShouldBeGreaterThan(1);
        calls.Where(c => c.Length == 0).ShouldBeEmpty("Name the event literally in LedgerEntry.Of, so that it can be listed");
        var written = Cells("audit-events.md").ToLookup(c => c[0], _ => "");
        Differences(written, calls.Distinct().ToLookup(c => c, _ => "")).ShouldBeEmpty("docs/audit-events.md: | event | when | fields |");
        calls.Where(c => !CodeForm().IsMatch(c)).ShouldBeEmpty("module, dot, past participle");
        calls.Distinct().Where(c => Show.Event(c) == c).ShouldBeEmpty("Say in both resource files what the event is called: module.event.what");
    }

    [Fact]
    public void EventsIn_Seeded_FindsNamesAndTheirAbsence() =>
        EventsIn("""LedgerEntry.Of("a.made", id) LedgerEntry.Of(x ? "a.locked" : "a.unlocked", id) LedgerEntry.Of(name, id)""").ShouldBe(["a.made", "a.locked", "a.unlocked", ""]);

    [Fact]
    public void Modules_Table_IsTheFolders()
    {
        var folders = Directory.GetDirectories(Repository.Path("src", "Zhengtong")).Select(d => Path.GetFileName(d)!).Where(d => File.Exists(Repository.Path("src", "Zhengtong", d, $"{d}Module.cs")) && d != "Demonstration").ToList();
        folders.Count.ShouldBeGreaterThan(4);
        ModuleRules.Table().Keys.ShouldBe(folders, ignoreOrder: true);
    }

    [Fact]
    public void Glossary_EachType_Exists()
    {
        var types = typeof(Platform).Assembly.GetTypes().Select(t => t.Name).ToHashSet();
        var named = Cells("glossary.md").SelectMany(c => Backticks().Matches(c.ElementAtOrDefault(2) ?? "").Select(m => m.Groups[1].Value)).ToList();
        named.Count.ShouldBeGreaterThan(5);
        named.Where(n => !types.Contains(n)).ShouldBeEmpty("docs/glossary.md names a type that is not there");
    }

    [Fact]
    public void Readme_CodeMap_NamesFoldersThatExist()
    {
        var readme = Repository.Path("README.md");
        if (!File.Exists(readme)) { Assert.Skip("No README yet"); }
        Paths().Matches(File.ReadAllText(readme)).Select(m => m.Groups[1].Value.TrimEnd('/')).Distinct()
            .Where(p => !p.Contains('*') && !File.Exists(Repository.Path(p)) && !Directory.Exists(Repository.Path(p))).ShouldBeEmpty("README.md names what is not there");
    }

    [Fact]
    public void Differences_Seeded_AreFoundOnBothSides() => Differences(
        new[] { ("a", "400"), ("b", "404"), ("b", "404"), ("d", "409") }.ToLookup(x => x.Item1, x => x.Item2),
        new[] { ("b", "404"), ("c", "403"), ("d", "412") }.ToLookup(x => x.Item1, x => x.Item2)).Count().ShouldBe(4);

    private static IEnumerable<string> Differences(ILookup<string, string> written, ILookup<string, string> declared)
    {
        foreach (var twice in written.Where(w => w.Count() > 1)) { yield return $"{twice.Key} stands twice"; }
        foreach (var row in written.Where(w => !declared.Contains(w.Key))) { yield return $"{row.Key} is written but not in the program"; }
        foreach (var row in declared.Where(d => !written.Contains(d.Key))) { yield return $"{row.Key} {string.Join(' ', row)} is in the program but not written"; }
        foreach (var row in declared.Where(d => written.Contains(d.Key) && written[d.Key].First() != d.First())) { yield return $"{row.Key}: {written[row.Key].First()} is written, the program says {row.First()}"; }
    }

    private static IEnumerable<string> EventsIn(string source)
    {
        foreach (Match call in LedgerCall().Matches(source))
        {
            var names = Quoted().Matches(call.Groups[1].Value).Select(m => m.Groups[1].Value).ToList();
            if (names.Count == 0) { yield return ""; }
            foreach (var name in names) { yield return name; }
        }
    }

    /// <summary>Cells of the rows of a table in docs, without its two heading rows.</summary>
    private static List<string[]> Cells(string file) => [.. Repository.Read("docs", file).Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
        .Select(l => l.Trim().Trim('|').Split(" | ").Select(c => c.Trim()).ToArray())];

    [GeneratedRegex(@"^[a-z]+(-[a-z]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")]
    private static partial Regex CodeForm();

    [GeneratedRegex(@"LedgerEntry\.Of\(\s*([^,]*),")]
    private static partial Regex LedgerCall();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("`([A-Z]\\w+)`")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"`((?:src|docs|tests|tools|bench)/[^`\s]*)`")]
    private static partial Regex Paths();
}
