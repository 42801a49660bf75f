using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace UpgradeProtocols;

/// <summary>A file of the content root. It is read again for each request.</summary>
/// <param name="file">The name, relative to the content root.</param>
/// <param name="contentType">The media type.</param>
internal sealed class ContentRootFile(string file, string contentType) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var root = httpContext.RequestServices.GetRequiredService<IHostEnvironment>().ContentRootFileProvider;
        var info = root.GetFileInfo(file);
        if (!info.Exists)
        {
            httpContext.Response.StatusCode = StatusCodes.Status404NotFound;
            await httpContext.Response.WriteAsync($"The content root has no file {file}.\n");
            return;
        }

        httpContext.Response.ContentType = contentType;
        await using var stream = info.CreateReadStream();
        await stream.CopyToAsync(httpContext.Response.Body, httpContext.RequestAborted);
    }
}
