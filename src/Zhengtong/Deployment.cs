namespace Zhengtong;

/// <summary>Where one process of the platform lives: its folder, its database, its address. Comes from the command line; everything else is configuration.</summary>
/// <param name="DataDirectory">Absolute path; everything the process writes lies below it. Created when missing.</param>
/// <param name="Database">A PostgreSQL connection string, or null for the embedded SQLite database below <paramref name="DataDirectory"/>.</param>
/// <param name="Urls">Addresses to listen on, separated by semicolons; port 0 takes a free port. Default http://127.0.0.1:5080.</param>
/// <param name="Demo">True fills an empty platform with the demonstration province.</param>
/// <param name="Live">True lets the demonstration's departments work while it serves: rows change, files and calls go back and forth.</param>
public sealed record Deployment(string DataDirectory, string? Database, string Urls, bool Demo, bool Live = false)
{
    /// <summary>True on PostgreSQL, false on the embedded SQLite database.</summary>
    public bool IsPostgres => Database is not null;

    /// <summary>Address of the engine that the demonstration's pool is to use, or null for the one in its plan.</summary>
    internal string? Engine { get; init; }

    /// <summary>A file or folder below the data directory, its parent created.</summary>
    internal string PathOf(params string[] parts)
    {
        var path = Path.Combine([DataDirectory, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
