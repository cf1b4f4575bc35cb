namespace Zhengtong.OpenData.Tables;

/// <summary>What the query engine may use of the machine: section <c>Tables</c> of the settings.</summary>
internal sealed class TablesOptions
{
    /// <summary>Processors for all questions together; 0 for all there are.</summary>
    public int Threads { get; set; }

    /// <summary>Memory for all questions together, in MiB; 0 for a quarter of the machine's, at least 256. Half of it is for what needs little, the other half is shared out to callers who sort and group.</summary>
    public int Memory { get; set; }

    /// <summary>Memory for all that one caller sorts and groups at the same time, in MiB, at least 16; 0 for the shared half of <see cref="Memory"/> in 1 to 8 parts of at least 256.</summary>
    public int CallerMemory { get; set; }

    /// <summary>Memory for pages of up to 1,000 rows that were answered already, in MiB; tables never change, so they are right for ever. 0 for none; 64 unless set.</summary>
    public int Kept { get; set; } = 64;

    /// <summary>Most that large sorts may write to disk below the data folder, in MiB, each caller's share an equal part of it; 10,240 unless set.</summary>
    public int Spill { get; set; } = 10_240;

    /// <summary>Questions answered at the same moment; others wait their turn, and one caller never has all of them. 0 for two for each processor.</summary>
    public int Questions { get; set; }

    /// <summary>Answers streamed at the same moment; a slow reader holds one for long, so there are many. At least 2; one caller has at most a quarter of them. 64 unless set.</summary>
    public int Streams { get; set; } = 64;
}
