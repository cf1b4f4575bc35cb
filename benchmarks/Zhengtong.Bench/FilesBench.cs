using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Zhengtong.Bench;

/// <summary>One large file through the platform, encrypted at rest and confirmed by a receipt, beside cp and beside plain HTTP to a bare server, in one run on one disk.</summary>
internal static class FilesBench
{
    private const int Piece = 1 << 20;

    internal static async Task<string> RunAsync(Settings settings)
    {
        var bytes = (long)(settings.Gigabytes ?? 10) * 1_000_000_000;
        var folder = Directory.CreateTempSubdirectory("zhengtong-bench-files-").FullName;
        try
        {
            var file = Path.Combine(folder, "file");
            var digest = await FillAsync(file, bytes);
            var copy = Path.Combine(folder, "copy");
            var cp = await Measure.SecondsAsync(() => Measure.RunAsync("bash", "-c", $"cp '{file}' '{copy}' && sync '{copy}'"));
            File.Delete(copy);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cp {cp:0.0} s"));
            var (put, get) = await PlainAsync(folder, file, digest);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"plain HTTP: in {put:0.0} s, out {get:0.0} s"));
            var own = await OwnAsync(Path.Combine(folder, "data"), file, digest, bytes);
            var table = new StringBuilder("| way | in (s) | MB/s | out (s) | MB/s | ratio to plain HTTP | ratio to cp |\n|---|---|---|---|---|---|---|\n");
            table.Append(CultureInfo.InvariantCulture, $"| cp, synchronised | {cp:0.0} | {bytes / cp / 1e6:N0} | | | | |\n");
            table.Append(CultureInfo.InvariantCulture, $"| plain HTTP to disk, synchronised | {put:0.0} | {bytes / put / 1e6:N0} | {get:0.0} | {bytes / get / 1e6:N0} | | {cp / put:0.00} |\n");
            table.Append(CultureInfo.InvariantCulture, $"| platform, encrypted, confirmed | {own.In:0.0} | {bytes / own.In / 1e6:N0} | {own.Out:0.0} | {bytes / own.Out / 1e6:N0} | {put / own.In:0.00} in, {get / own.Out:0.00} out | {cp / own.In:0.00} |\n");
            table.Append(CultureInfo.InvariantCulture, $"\nA file of {bytes / 1e9:0} GB, once each way; from the last byte in until it was checked and published took {own.Checked:0.0} s more. Peak memory of the platform: {own.PeakMegabytes} MB. What came out has the digest of what went in, and the consumer's receipt stands.\n");
            return table.ToString();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Bytes that nothing shortens; their SHA-256 in lower-case hex.</summary>
    private static async Task<string> FillAsync(string path, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        var piece = new byte[Piece];
        for (var left = bytes; left > 0; left -= piece.Length)
        {
            RandomNumberGenerator.Fill(piece);
            var part = piece.AsMemory(0, (int)Math.Min(left, piece.Length));
            hash.AppendData(part.Span);
            await file.WriteAsync(part);
        }

        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<(double Put, double Get)> PlainAsync(string folder, string file, string digest)
    {
        await using var plain = await ServedPlatform.StartAsync(Settings.Own, "files", "http://127.0.0.1:0", folder);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = plain.Address, Timeout = Timeout.InfiniteTimeSpan };
        var put = await Measure.SecondsAsync(async () =>
        {
            await using var from = Open(file);
            using var answer = await client.PutAsync("/", new StreamContent(from, Piece));
            answer.EnsureSuccessStatusCode();
        });
        var get = await Measure.SecondsAsync(() => FetchAsync(client, "/", digest));
        File.Delete(Path.Combine(folder, "kept"));
        return (put, get);
    }

    private static async Task<(double In, double Checked, double Out, long PeakMegabytes)> OwnAsync(string data, string file, string digest, long bytes)
    {
        Directory.CreateDirectory(data);
        Guid resource;
        (string, string) provider, consumer;
        await using (var app = Platform.Build(new Deployment(data, null, "http://127.0.0.1:0", Demo: false)))
        {
            await app.PrepareAsync(CancellationToken.None);
            var parties = await Parties.MakeAsync(app.Services);
            (resource, provider, consumer) = (await parties.AddFilesAsync(), await parties.AddProgramAsync(parties.Provider), await parties.AddProgramAsync(parties.Consumer));
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await using var served = await ServedPlatform.StartAsync(Settings.Program, "serve", "--data", data, "--urls", "http://127.0.0.1:0");
        using var sending = await SignInAsync(served.Address, provider);
        var into = await Measure.SecondsAsync(() => UploadAsync(sending, resource, file, bytes));
        using var taking = await SignInAsync(served.Address, consumer);
        var given = Guid.Empty;
        var check = await Measure.SecondsAsync(async () =>
        {
            while ((given = await FindAsync(taking)) == Guid.Empty) { await Task.Delay(100); }
        });
        var (content, confirmation) = ($"/api/v1/received-files/{given}/content", $"/api/v1/received-files/{given}/confirmation");
        var outward = await Measure.SecondsAsync(async () =>
        {
            await FetchAsync(taking, content, digest);
            (await taking.PostAsJsonAsync(confirmation, new { digest })).EnsureSuccessStatusCode();
        });
        (await taking.GetAsync($"/api/v1/received-files/{given}/receipt")).EnsureSuccessStatusCode();
        return (into, check, outward, served.PeakMegabytes);
    }

    private static async Task UploadAsync(HttpClient client, Guid resource, string file, long bytes)
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        using var create = new HttpRequestMessage(HttpMethod.Post, "/tus") { Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Length", $"{bytes}" } } };
        create.Headers.TryAddWithoutValidation("Upload-Metadata", $"filename {Base64("影像.tif")},resource {Base64($"{resource}")}");
        using var created = await client.SendAsync(create);
        created.EnsureSuccessStatusCode();
        await using var from = Open(file);
        using var append = new HttpRequestMessage(HttpMethod.Patch, created.Headers.Location) { Headers = { { "Tus-Resumable", "1.0.0" }, { "Upload-Offset", "0" } }, Content = new StreamContent(from, Piece) };
        append.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        using var appended = await client.SendAsync(append);
        if (appended.StatusCode != HttpStatusCode.NoContent) { throw new InvalidOperationException($"{(int)appended.StatusCode} {await appended.Content.ReadAsStringAsync()}"); }
    }

    private static async Task<Guid> FindAsync(HttpClient client)
    {
        var items = (await client.GetFromJsonAsync<JsonElement>("/api/v1/received-files?open=true")).GetProperty("items");
        return items.GetArrayLength() == 0 ? Guid.Empty : items[0].GetProperty("id").GetGuid();
    }

    private static async Task FetchAsync(HttpClient client, string path, string digest)
    {
        using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[Piece];
        while (await body.ReadAsync(piece) is var count and > 0) { hash.AppendData(piece, 0, count); }
        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != digest) { throw new InvalidOperationException($"{path}: the digests differ"); }
    }

    private static async Task<HttpClient> SignInAsync(Uri address, (string Id, string Secret) program)
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = program.Id, ["client_secret"] = program.Secret });
        using var answer = await client.PostAsync("/connect/token", form);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        return client;
    }

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
}
