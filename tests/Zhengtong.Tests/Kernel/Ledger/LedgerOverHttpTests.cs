using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Organisations;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Ledger;

[OnDatabase]
public sealed class LedgerOverHttpTests(PlatformFixture platform)
{
    [Fact]
    public async Task Checkpoint_AfterAnAppend_IsSignedByTheServedKey()
    {
        await AppendAsync(await platform.Department(), 3);
        var client = platform.Visitor();
        var response = await client.GetAsync("/ledger/checkpoint");
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        CheckpointNote.TryParse(await response.Content.ReadAsStringAsync(), out var note).ShouldBeTrue();
        using var verifier = LedgerVerifier.OfPem(await client.GetStringAsync("/ledger/key.pem"));
        note!.IsSignedBy(verifier).ShouldBeTrue();
        var older = await client.GetStringAsync($"/ledger/checkpoint?size={note.Size}");
        older.ShouldBe(await client.GetStringAsync($"/ledger/checkpoint?size={note.Size}"));
        (await client.GetStringAsync($"/ledger/checkpoint.txt?size={note.Size}")).ShouldBe(note.Text);
        var der = await client.GetByteArrayAsync($"/ledger/checkpoint.der?size={note.Size}");
        verifier.Verifies(Encoding.UTF8.GetBytes(note.Text), der).ShouldBeTrue();
        (await (await client.GetAsync("/ledger/checkpoint?size=987654321")).ReadProblemCode()).ShouldBe("kernel.ledger-no-checkpoint");
    }

    [Fact]
    public async Task Tiles_OfTheWholeTree_GiveTheSignedRoot()
    {
        await AppendAsync(await platform.Department(), 300);
        var client = platform.Visitor();
        CheckpointNote.TryParse(await client.GetStringAsync("/ledger/checkpoint"), out var note).ShouldBeTrue();
        var builder = new List<byte[]>();
        for (long first = 0; first < note!.Size; first += 256)
        {
            var width = (int)Math.Min(256, note.Size - first);
            var response = await client.GetAsync($"/ledger/tile/0/{new TilePath(first / 256, width)}");
            response.Headers.CacheControl!.ToString().ShouldContain("immutable");
            var tile = await response.Content.ReadAsByteArrayAsync();
            tile.Length.ShouldBe(width * 32);
            builder.AddRange(tile.Chunk(32));
        }

        MerkleTree.Fold([.. MerkleTree.Cover(0, note.Size).Select(n => MerkleTree.HashComplete(builder.Skip((int)(n.Index << n.Level)).Take(1 << n.Level).SelectMany(h => h).ToArray()))]).ShouldBe(note.Root);
        (await client.GetByteArrayAsync("/ledger/tile/1/000.p/1")).ShouldBe(MerkleTree.HashComplete(builder.Take(256).SelectMany(h => h).ToArray()));
    }

    [Theory]
    [InlineData("/ledger/tile/0/00")]
    [InlineData("/ledger/tile/0/x000/000")]
    [InlineData("/ledger/tile/0/000.p/0")]
    [InlineData("/ledger/tile/0/000.p/256")]
    [InlineData("/ledger/tile/0/000.p/01")]
    [InlineData("/ledger/tile/0/999/000")]
    [InlineData("/ledger/tile/0/x999/999")]
    [InlineData("/ledger/tile/64/000")]
    [InlineData("/ledger/tile/9/000")]
    [InlineData("/ledger/tile/0/-01")]
    public async Task Tile_ThatIsNone_Is404(string address) => (await platform.Visitor().GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task Entries_ForAuditorsOnly_HashToTheirTile()
    {
        await AppendAsync(await platform.Department(), 260);
        (await platform.Visitor().GetAsync("/ledger/tile/entries/000")).StatusCode.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.Redirect, HttpStatusCode.Found);
        (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).GetAsync("/ledger/tile/entries/000")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var auditor = await platform.SignedIn(await platform.Department(), Role.Auditor);
        var bundle = await auditor.GetByteArrayAsync("/ledger/tile/entries/000");
        var tile = await auditor.GetByteArrayAsync("/ledger/tile/0/000");
        var (at, hashes) = (0, new List<byte>());
        while (at < bundle.Length)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle.AsSpan(at));
            hashes.AddRange(MerkleTree.HashLeaf(bundle.AsSpan(at + 2, length)));
            at += 2 + length;
        }

        hashes.ShouldBe(tile);
    }

    [Fact]
    public async Task Proofs_OfAnEntryAndBetweenSizes_Verify()
    {
        var ids = await AppendAsync(await platform.Department(), 20);
        var client = platform.Visitor();
        var proof = (await client.GetFromJsonAsync<InclusionProofResponse>($"/ledger/proof/inclusion?entry={ids[7]}"))!;
        CheckpointNote.TryParse(proof.Checkpoint, out var note).ShouldBeTrue();
        MerkleTree.RootOfInclusion(proof.Index, proof.Size, Convert.FromBase64String(proof.LeafHash), [.. proof.Hashes.Select(Convert.FromBase64String)]).ShouldBe(note!.Root);
        (await client.GetFromJsonAsync<InclusionProofResponse>($"/ledger/proof/inclusion?index={proof.Index}&size={proof.Size}"))!.Hashes.ShouldBe(proof.Hashes);

        await AppendAsync(await platform.Department(), 20);
        var consistency = (await client.GetFromJsonAsync<ConsistencyProofResponse>($"/ledger/proof/consistency?from={proof.Size}"))!;
        CheckpointNote.TryParse(consistency.Checkpoint, out var newer).ShouldBeTrue();
        newer!.Size.ShouldBeGreaterThan(note.Size);
        MerkleTree.IsConsistent(proof.Size, newer.Size, note.Root, newer.Root, [.. consistency.Hashes.Select(Convert.FromBase64String)]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("/ledger/proof/inclusion", "kernel.ledger-range")]
    [InlineData("/ledger/proof/inclusion?index=0&entry=018f0000-0000-7000-8000-000000000000", "kernel.ledger-range")]
    [InlineData("/ledger/proof/inclusion?index=-1", "kernel.ledger-range")]
    [InlineData("/ledger/proof/inclusion?index=99999999999", "kernel.ledger-range")]
    [InlineData("/ledger/proof/inclusion?entry=018f0000-0000-7000-8000-000000000000", "kernel.ledger-no-entry")]
    [InlineData("/ledger/proof/inclusion?index=x", "kernel.malformed")]
    [InlineData("/ledger/proof/consistency?from=-1", "kernel.ledger-range")]
    [InlineData("/ledger/proof/consistency?from=99999999999", "kernel.ledger-range")]
    [InlineData("/ledger/proof/consistency?from=0&to=99999999999", "kernel.ledger-no-checkpoint")]
    public async Task Proof_OfWhatIsNotThere_IsRefused(string address, string code)
    {
        await AppendAsync(await platform.Department(), 1);
        (await (await platform.Visitor().GetAsync(address)).ReadProblemCode()).ShouldBe(code);
    }

    [Fact]
    public async Task Search_FiltersAndPages_FindsExactlyTheEntries()
    {
        var (ours, theirs) = (await platform.Department(), await platform.Department());
        await AppendAsync(ours, 25, "年度核查 2026");
        await AppendAsync(theirs, 5, "年度核查 2026");
        var auditor = await platform.SignedIn(await platform.Department(), Role.Auditor);
        var found = await Search(auditor, $"organisation={ours.Id}&event=test.*&reason={Uri.EscapeDataString("核查")}&limit=10");
        (found.GetProperty("total").GetInt32(), found.GetProperty("items").GetArrayLength()).ShouldBe((25, 10));
        var ids = new HashSet<string>();
        for (var pages = 0; pages < 3; pages++)
        {
            foreach (var item in found.GetProperty("items").EnumerateArray()) { ids.Add(item.GetProperty("id").GetString()!); }
            if (found.TryGetProperty("next", out var next) && next.GetString() is { } after)
            {
                found = await Search(auditor, $"organisation={ours.Id}&event=test.*&reason={Uri.EscapeDataString("核查")}&limit=10&after={after}");
            }
        }

        ids.Count.ShouldBe(25);
        (await Search(auditor, $"organisation={ours.Id}&event=test.other")).GetProperty("total").GetInt32().ShouldBe(0);
        (await Search(auditor, $"organisation={ours.Id}&to=2020-01-01T00:00:00Z")).GetProperty("total").GetInt32().ShouldBe(0);
        (await Search(auditor, $"organisation={ours.Id}&from=2020-01-01T00:00:00%2B08:00&event=test.happened")).GetProperty("total").GetInt32().ShouldBe(25);
    }

    [Fact]
    public async Task Search_AsOfficer_SeesTheOwnOrganisationAlone()
    {
        var (ours, theirs) = (await platform.Department(), await platform.Department());
        await AppendAsync(ours, 2);
        var foreign = await AppendAsync(theirs, 3);
        var officer = await platform.SignedIn(ours, Role.DepartmentOfficer);
        (await Search(officer, "event=test.happened")).GetProperty("total").GetInt32().ShouldBe(2);
        (await Search(officer, $"organisation={theirs.Id}")).GetProperty("total").GetInt32().ShouldBe(0);
        (await (await officer.GetAsync($"/api/v1/ledger/entries/{foreign[0]}/proof")).ReadProblemCode()).ShouldBe("kernel.ledger-no-entry");
        (await (await platform.Visitor().GetAsync("/api/v1/ledger/entries")).ReadProblemCode()).ShouldBe("kernel.not-signed-in");
        (await (await (await platform.SignedIn(ours, Role.SystemAdministrator)).GetAsync("/api/v1/ledger/entries")).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Export_OfASearch_IsCsvWithoutFormulas()
    {
        var ours = await platform.Department();
        await AppendAsync(ours, 2, "=HYPERLINK(\"http://x\")");
        var auditor = await platform.SignedIn(await platform.Department(), Role.Auditor);
        var csv = await auditor.GetStringAsync($"/api/v1/ledger/entries.csv?organisation={ours.Id}");
        var lines = csv.TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(3);
        lines[0].ShouldStartWith("\"index\",\"at\",\"event\"");
        lines[1].ShouldContain("\"'=HYPERLINK(\"\"http://x\"\")\"");
        (await platform.WithDb(db => db.Ledger.CountAsync(e => e.Event == "kernel.ledger-exported"))).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Check_ByAnAuditor_FindsNothingAndIsRecorded()
    {
        await AppendAsync(await platform.Department(), 1);
        var auditor = await platform.SignedIn(await platform.Department(), Role.AuditAdministrator);
        var response = await auditor.PostAsJsonAsync("/api/v1/ledger/checks", new { });
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        var check = await response.Content.ReadFromJsonAsync<JsonElement>();
        check.GetProperty("findingCount").GetInt32().ShouldBe(0, check.ToString());
        check.GetProperty("to").GetInt64().ShouldBeGreaterThan(0);
        (await auditor.GetFromJsonAsync<JsonElement>("/api/v1/ledger/checks")).EnumerateArray().Select(c => c.GetProperty("id").GetString()).ShouldContain(check.GetProperty("id").GetString());
        (await (await (await platform.SignedIn(await platform.Department(), Role.DepartmentOfficer)).PostAsJsonAsync("/api/v1/ledger/checks", new { })).ReadProblemCode()).ShouldBe("kernel.forbidden");
    }

    [Fact]
    public async Task Page_ForAuditor_ShowsSearchStateAndProof()
    {
        var ours = await platform.Department();
        var ids = await AppendAsync(ours, 30, "<script>alert(1)</script>");
        var auditor = await platform.SignedIn(await platform.Department(), Role.Auditor);
        var page = await auditor.GetStringAsync($"/work/ledger?organisation={ours.Id}&event=test.*");
        page.ShouldContain($"/work/ledger/{ids[29]}");
        page.ShouldNotContain("<script>alert");
        page.ShouldContain("entries.csv?event=test.");
        page.ShouldContain("after=");
        var entry = await auditor.GetStringAsync($"/work/ledger/{ids[0]}");
        entry.ShouldContain($"/api/v1/ledger/entries/{ids[0]}/proof");
        (await auditor.GetAsync("/work/ledger/018f0000-0000-7000-8000-000000000000")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await platform.SignedIn(ours, Role.SystemAdministrator)).GetAsync("/work/ledger")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await (await platform.SignedIn(ours, Role.DepartmentOfficer)).GetStringAsync("/work/ledger")).ShouldContain($"/work/ledger/{ids[29]}");
    }

    [Fact]
    public async Task Verify_DownloadedProof_HoldsOfflineAndRefusesEveryAlteration()
    {
        var ours = await platform.Department();
        var first = await AppendAsync(ours, 10);
        var client = platform.Visitor();
        CheckpointNote.TryParse(await client.GetStringAsync("/ledger/checkpoint"), out var older).ShouldBeTrue();
        var ids = await AppendAsync(ours, 10);
        var officer = await platform.SignedIn(ours, Role.DepartmentOfficer);
        var json = await officer.GetStringAsync($"/api/v1/ledger/entries/{ids[3]}/proof?older={older!.Size}");
        var key = await client.GetStringAsync("/ledger/key.pem");
        (await Verify(json, key)).ShouldBe(0);
        (await Verify(await officer.GetStringAsync($"/api/v1/ledger/entries/{first[0]}/proof"), null)).ShouldBe(0);

        var bundle = ProofBundle.Read(json);
        using var stranger = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var other = ProofBundle.Read(await officer.GetStringAsync($"/api/v1/ledger/entries/{ids[4]}/proof?older={older.Size}"));
        var altered = new Dictionary<string, ProofBundle>
        {
            ["leaf"] = bundle with { Leaf = bundle.Leaf.Replace("test.happened", "test.happenef", StringComparison.Ordinal) },
            ["other leaf"] = bundle with { Leaf = other.Leaf },
            ["index"] = bundle with { Index = bundle.Index - 1 },
            ["no hashes"] = bundle with { Inclusion = [] },
            ["a hash"] = bundle with { Inclusion = [Flip(bundle.Inclusion[0]), .. bundle.Inclusion.Skip(1)] },
            ["not base64"] = bundle with { Inclusion = ["?", .. bundle.Inclusion.Skip(1)] },
            ["size"] = bundle with { Checkpoint = bundle.Checkpoint.Replace($"\n{SizeOf(bundle.Checkpoint)}\n", $"\n{SizeOf(bundle.Checkpoint) + 1}\n", StringComparison.Ordinal) },
            ["no checkpoint"] = bundle with { Checkpoint = "" },
            ["older"] = bundle with { Older = bundle.Older! with { Checkpoint = bundle.Older.Checkpoint.Replace($"\n{older.Size}\n", $"\n{older.Size - 1}\n", StringComparison.Ordinal) } },
            ["consistency"] = bundle with { Older = bundle.Older! with { Consistency = [Flip(bundle.Older.Consistency[0]), .. bundle.Older.Consistency.Skip(1)] } },
        };
        foreach (var (what, wrong) in altered) { (await Verify(Encoding.UTF8.GetString(wrong.Write()), key)).ShouldBe(1, what); }
        (await Verify(json, stranger.ExportSubjectPublicKeyInfoPem())).ShouldBe(1, "a stranger's key");
        (await Verify("{}", key)).ShouldBe(1);
        (await Verify("no json", key)).ShouldBe(1);
    }

    [Fact]
    public async Task OpenSsl_CommandsOfTheDocument_HoldAndRefuseAnAlteredByte()
    {
        var ours = await platform.Department();
        var ids = await AppendAsync(ours, 7);
        var officer = await platform.SignedIn(ours, Role.DepartmentOfficer);
        var bundle = ProofBundle.Read(await officer.GetStringAsync($"/api/v1/ledger/entries/{ids[2]}/proof"));
        var folder = Directory.CreateTempSubdirectory("zhengtong-openssl-").FullName;
        try
        {
            async Task WriteAsync(string leaf, string checkpoint)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, "checkpoint"), checkpoint);
                await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), bundle.PublicKey);
                await File.WriteAllTextAsync(Path.Combine(folder, "leaf.json"), leaf);
                await File.WriteAllTextAsync(Path.Combine(folder, "index"), $"{bundle.Index}\n");
                await File.WriteAllTextAsync(Path.Combine(folder, "size"), $"{SizeOf(bundle.Checkpoint)}\n");
                await File.WriteAllTextAsync(Path.Combine(folder, "inclusion"), string.Concat(bundle.Inclusion.Select(h => h + "\n")));
            }

            var blocks = Regex.Matches(await File.ReadAllTextAsync(Repository.Path("docs", "ledger.md")), "```sh\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value).ToList();
            blocks.Count.ShouldBe(2);
            await WriteAsync(bundle.Leaf, bundle.Checkpoint);
            (await Bash(folder, blocks[0])).ShouldContain("Verified OK");
            (await Bash(folder, blocks[1])).ShouldContain("In the ledger");

            await WriteAsync(bundle.Leaf.Replace("test.happened", "test.happenef", StringComparison.Ordinal), bundle.Checkpoint.Replace($"\n{SizeOf(bundle.Checkpoint)}\n", $"\n{SizeOf(bundle.Checkpoint) + 1}\n", StringComparison.Ordinal));
            (await Bash(folder, blocks[0])).ShouldNotContain("Verified OK");
            (await Bash(folder, blocks[1])).ShouldNotContain("In the ledger");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long SizeOf(string checkpoint) => CheckpointNote.TryParse(checkpoint, out var note) ? note.Size : throw new InvalidOperationException(checkpoint);

    private static string Flip(string base64)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[7] ^= 0x10;
        return Convert.ToBase64String(bytes);
    }

    private static async Task<int> Verify(string bundle, string? key)
    {
        var folder = Directory.CreateTempSubdirectory("zhengtong-verify-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "proof.json"), bundle);
            if (key is not null) { await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), key); }
            string[] arguments = ["verify", "ledger", Path.Combine(folder, "proof.json"), .. key is null ? Array.Empty<string>() : ["--key", Path.Combine(folder, "key.pem")]];
            return await Verbs.Root().Parse(arguments).InvokeAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Bash(string folder, string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    private static async Task<JsonElement> Search(HttpClient client, string query)
    {
        var response = await client.GetAsync($"/api/v1/ledger/entries?{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<IReadOnlyList<Guid>> AppendAsync(Organisation organisation, int count, string? reason = null)
    {
        var actor = new Actor(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "测试员", organisation.Id, organisation.Region, new HashSet<Role>());
        var ids = await platform.WithDb(async db =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var entries = Enumerable.Range(0, count).Select(i => LedgerEntry.Of("test.happened", Guid.CreateVersion7(now), actor, now.AddMilliseconds(i), reason)).ToList();
            db.Ledger.AddRange(entries);
            await db.SaveChangesAsync();
            return entries.ConvertAll(e => e.Id);
        });
        await platform.App.Services.GetRequiredService<Reconcilers>().SettleAsync<LedgerSequencer>(CancellationToken.None);
        return ids;
    }
}
