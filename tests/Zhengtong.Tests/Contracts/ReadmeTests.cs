using System.Text.RegularExpressions;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Contracts;

/// <summary>The README's map is the territory.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = Repository.Read("README.md");

    [Fact]
    public void Map_EveryPathAndLinkInIt_LeadsSomewhere()
    {
        var paths = Paths().Matches(Readme).Concat(Links().Matches(Readme)).Select(m => m.Groups[1].Value).Distinct().ToList();
        paths.Count.ShouldBeGreaterThan(15);
        paths.Where(p => !Path.Exists(Repository.Path(p))).ShouldBeEmpty();
    }

    [Fact]
    public void Map_EveryModuleAndProject_IsInIt()
    {
        var folders = Subfolders("src/Zhengtong").Concat(Subfolders("tests")).Concat(Subfolders("benchmarks")).ToList();
        folders.Count.ShouldBeGreaterThan(8);
        folders.Where(f => !Readme.Contains($"`{f}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static IEnumerable<string> Subfolders(string path) => Directory.GetDirectories(Repository.Path(path)).Select(f => Path.GetFileName(f)!)
        .Where(f => f is not ("bin" or "obj" or "wwwroot" or "Properties")).Select(f => $"{path}/{f}");

    [GeneratedRegex("`((?:src|tests|benchmarks|docs|tools)(?:/[A-Za-z.]+)*)`")]
    private static partial Regex Paths();

    [GeneratedRegex(@"\]\(([^)#:]+)\)")]
    private static partial Regex Links();
}
