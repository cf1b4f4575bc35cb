using System.ComponentModel.DataAnnotations;

namespace Zhengtong.Cloud.Databases;

/// <summary>Settings of databases on managed servers, section <c>Cloud:Databases</c>.</summary>
internal sealed class DatabasesOptions
{
    /// <summary>Where Debian keeps PostgreSQL's programs, a folder for each version: <c>15/bin/pg_dump</c>. Default <c>/usr/lib/postgresql</c>.</summary>
    [Required]
    public string ToolsFolder { get; set; } = "/usr/lib/postgresql";

    /// <summary>How long a server may take to be connected to, in seconds, 1 to 60. Default 10.</summary>
    [Range(1, 60)]
    public int ConnectSeconds { get; set; } = 10;

    /// <summary>How long one statement may take, in seconds, 1 to 600. Default 60.</summary>
    [Range(1, 600)]
    public int StatementSeconds { get; set; } = 60;

    /// <summary>How long a backup or a restore may take, in minutes, 1 to 1,440. Default 240.</summary>
    [Range(1, 1440)]
    public int TaskMinutes { get; set; } = 240;

    /// <summary>By how many thousandths a database may be larger than what was ordered before nobody may log in, 0 to 10,000; until then its writes are refused. Default 200: a fifth.</summary>
    [Range(0, 10_000)]
    public int Grace { get; set; } = 200;
}
