namespace Zhengtong.EndToEnd.Support;

/// <summary>Where things lie in the working copy.</summary>
internal static class Repository
{
    internal static readonly string Root = Find();

    internal static string Program => PathOf("src", "Zhengtong", "bin", Configuration, "net10.0", "zhengtong.dll");

    /// <summary>What a test run leaves for people to look at; never committed.</summary>
    internal static string Screenshots => Directory.CreateDirectory(PathOf("artifacts", "screenshots")).FullName;

    private static string Configuration => AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release";

    internal static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Zhengtong.slnx"))) { folder = folder.Parent ?? throw new DirectoryNotFoundException("Zhengtong.slnx"); }
        return folder.FullName;
    }
}
