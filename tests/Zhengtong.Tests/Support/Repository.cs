namespace Zhengtong.Tests.Support;

/// <summary>The checked-out files, for tests that compare what is written with what runs.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    internal static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    internal static string Read(params string[] parts) => File.ReadAllText(Path(parts));

    /// <summary>Files below a folder of the repository, without build output and packages.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(Path(folder), pattern, SearchOption.AllDirectories)
        .Where(f => !f.Contains("/bin/") && !f.Contains("/obj/") && !f.Contains("/node_modules/") && !f.Contains("/Migrations/") && !f.Contains("/wwwroot/lib/")).Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Zhengtong.slnx"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new DirectoryNotFoundException("No Zhengtong.slnx above the tests");
    }
}
