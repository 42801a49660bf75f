using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>Executes an <see cref="IResult"/> on the lightweight server, which sends the whole response at once.</summary>
internal static class ResultExecution
{
    public static async ValueTask<RegularResponse> RunAsync(
        IResult result, UpgradeRequest request, IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        var response = new BufferedResponse();
        var context = new DefaultHttpContext(FeaturesOf(request, response))
        {
            ServiceScopeFactory = scopes,
            RequestAborted = cancellationToken,
        };
        try
        {
            await result.ExecuteAsync(context);
            return await response.EndAsync();
        }
        finally
        {
            await response.CompleteAsync();
        }
    }

    private static FeatureCollection FeaturesOf(UpgradeRequest request, BufferedResponse response)
    {
        var asked = new HttpRequestFeature
        {
            Method = request.Method,
            Scheme = request.Scheme,
            Protocol = HttpProtocol.GetHttpProtocol(request.HttpVersion),
            Path = request.Path,
            QueryString = request.QueryString,
            RawTarget = request.RawTarget,
            Body = new MemoryStream(request.Body.ToArray(), writable: false),
        };
        foreach (var (name, value) in request.Headers)
        {
            asked.Headers.Append(name, value);
        }

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(asked);
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(response.Buffer));
        return features;
    }

    /// <summary>A response that is sent only after it has ended.</summary>
    private sealed class BufferedResponse : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
        private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new();

        public MemoryStream Buffer { get; } = new();

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

        public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

        /// <summary>Creates the response after the result has run.</summary>
        /// <exception cref="ArgumentException">A header isn't valid, or the status code allows no body.</exception>
        public async ValueTask<RegularResponse> EndAsync()
        {
            await RunAsync(_starting);
            var response = RegularResponse.Of(StatusCode, Headers.ContentType, Buffer.ToArray());
            foreach (var (name, values) in Headers)
            {
                // The server writes these headers itself.
                if (ResponseFields.IsManaged(name))
                {
                    continue;
                }

                foreach (var value in values)
                {
                    response = response.WithHeader(name, value ?? "");
                }
            }

            return response;
        }

        /// <summary>Runs the completion callbacks, which dispose the request's services.</summary>
        public Task CompleteAsync() => RunAsync(_completed);

        private static async Task RunAsync(Stack<(Func<object, Task> Callback, object State)> callbacks)
        {
            while (callbacks.TryPop(out var next))
            {
                await next.Callback(next.State);
            }
        }
    }
}
