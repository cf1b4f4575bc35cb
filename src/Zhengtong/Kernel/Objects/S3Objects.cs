using System.Net;
using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Zhengtong.Kernel.Objects;

/// <summary>Objects in a bucket of any S3 service, under <c>objects/ab/abcd...</c>. An object appears whole: in one request, or when its multipart upload is completed.</summary>
internal sealed class S3Objects : ObjectStore, IDisposable
{
    /// <summary>Parts of a large object, in bytes. S3 allows 5 MiB to 5 GiB and 10,000 parts, so that objects reach 312 GiB.</summary>
    internal const int PartSize = 32 * 1024 * 1024;

    private readonly AmazonS3Client client;
    private readonly string bucket;
    private readonly LocalObjects local;

    public S3Objects(ObjectsOptions options, Deployment deployment, IServiceScopeFactory scopes, TimeProvider clock) : base(deployment, scopes, clock)
    {
        bucket = options.Bucket!;
        local = new LocalObjects(deployment, options.LocalBytes, clock);
        client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint,
            AuthenticationRegion = options.Region,
            ForcePathStyle = true,
            // Newer checksum headers and trailers are unknown to many services; ours are the digests.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public void Dispose()
    {
        client.Dispose();
        local.Dispose();
    }

    internal override async Task<bool> ExistsAsync(Digest digest, CancellationToken ct)
    {
        try
        {
            await client.GetObjectMetadataAsync(bucket, KeyOf(digest), ct);
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    internal override async Task<Stream?> OpenRangeAsync(Digest digest, long from, long to, CancellationToken ct)
    {
        try
        {
            return (await client.GetObjectAsync(new GetObjectRequest { BucketName = bucket, Key = KeyOf(digest), ByteRange = new ByteRange(from, to) }, ct)).ResponseStream;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    internal override IReadOnlyList<string> LocalFolders => [local.Folder];

    internal override Task<string?> LocalPathAsync(Digest digest, CancellationToken ct) => local.PathAsync(digest, stop => OpenAsync(digest, stop), ct);

    internal override Task DeleteAsync(Digest digest, CancellationToken ct) => client.DeleteObjectAsync(bucket, KeyOf(digest), ct);

    internal override async Task PutPassingAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var bytes = MemoryMarshal.TryGetArray(content, out var held) ? held : new ArraySegment<byte>(content.ToArray());
        using var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = name, InputStream = stream, UseChunkEncoding = false }, ct);
    }

    internal override async Task<ReadOnlyMemory<byte>?> ReadPassingAsync(string name, Func<int, Memory<byte>> room, CancellationToken ct)
    {
        try
        {
            using var found = await client.GetObjectAsync(bucket, name, ct);
            var buffer = room(checked((int)found.ContentLength));
            await found.ResponseStream.ReadExactlyAsync(buffer, ct);
            return buffer;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            // Only what the service says is gone is gone: when it cannot be reached, the caller tries again.
            return null;
        }
    }

    internal override Task RemovePassingAsync(string name, CancellationToken ct) => client.DeleteObjectAsync(bucket, name, ct);

    internal override async Task<IReadOnlyList<string>> ListPassingAsync(string folder, CancellationToken ct)
    {
        var names = new List<string>();
        await foreach (var found in client.Paginators.ListObjectsV2(new ListObjectsV2Request { BucketName = bucket, Prefix = folder + "/" }).S3Objects.WithCancellation(ct)) { names.Add(found.Key); }
        return names;
    }

    protected override Task PublishAsync(string file, PutObject put, CancellationToken ct) => put.Length <= PartSize
        ? client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = KeyOf(put.Digest), FilePath = file, UseChunkEncoding = false }, ct)
        : PublishInPartsAsync(file, put, ct);

    protected override async Task<Stream?> OpenRawAsync(Digest digest, CancellationToken ct)
    {
        try
        {
            return (await client.GetObjectAsync(bucket, KeyOf(digest), ct)).ResponseStream;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static string KeyOf(Digest digest) => $"objects/{digest.Value[..2]}/{digest.Value}";

    private async Task PublishInPartsAsync(string file, PutObject put, CancellationToken ct)
    {
        var upload = await client.InitiateMultipartUploadAsync(bucket, KeyOf(put.Digest), ct);
        try
        {
            var parts = new List<PartETag>();
            for (long at = 0; at < put.Length; at += PartSize)
            {
                var part = await client.UploadPartAsync(new UploadPartRequest
                {
                    BucketName = bucket,
                    Key = upload.Key,
                    UploadId = upload.UploadId,
                    PartNumber = parts.Count + 1,
                    FilePath = file,
                    FilePosition = at,
                    PartSize = Math.Min(PartSize, put.Length - at),
                    UseChunkEncoding = false,
                }, ct);
                parts.Add(new PartETag(parts.Count + 1, part.ETag));
            }

            await client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = bucket, Key = upload.Key, UploadId = upload.UploadId, PartETags = parts }, ct);
        }
        catch
        {
            await client.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId, CancellationToken.None);
            throw;
        }
    }
}
